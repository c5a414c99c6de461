// What is remembered of watching: views, where one stopped, the history, and
// the figures of a video.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, playback, plays, press, until, uploaded } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const history = "/my-library/history/videos";

let site, browser, root, watch, id;

before(async () => {
	site = await startSite({
		SEPIOLA_VIEWS_VIDEOS_WATCHING_INTERVAL_ANONYMOUS: "1s", SEPIOLA_VIEWS_VIDEOS_WATCHING_INTERVAL_USERS: "1s",
		SEPIOLA_VIEWS_VIDEOS_COUNT_VIEW_AFTER: "3s", SEPIOLA_VIEWS_VIDEOS_LOCAL_BUFFER_UPDATE_INTERVAL: "1s",
	});
	browser = await startBrowser();
	root = await openWindow(browser);
	await logIn(root.page, site, "root", rootPassword);
	const clip = makeClip(site.dir, "remembered.mp4", [...inputs(60, "160x90"),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	await root.page.goto(`${site.url}/videos/upload`);
	await root.page.setInputFiles("#upload-files", clip);
	watch = await uploaded(root.page, "remembered");
	id = watch.slice(3);
	await finished(root.page, id);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** Watches from where the page begins to a second. */
async function watchTo(page, second, path = watch) {
	await page.goto(site.url + path);
	await page.waitForSelector("#player.ready");
	if ((await playback(page)).paused) await page.click(".player-big");
	await plays(page);
	await page.waitForFunction((s) => document.querySelector("video").currentTime >= s, second);
}

const began = async (page) => {
	await page.waitForSelector("#player.ready");
	if ((await playback(page)).paused) await page.click(".player-big");
	await plays(page);
	return (await playback(page)).at;
};

test("nothing is said before something is played", async () => {
	const { page, close } = await openWindow(browser);
	const said = [];
	page.on("request", (r) => { if (r.url().includes("/views")) said.push(r.url()); });
	await page.goto(site.url + watch);
	await page.waitForSelector("#player.ready");
	await page.goto(`${site.url}/`);
	assert.deepEqual(said, []);
	await close();
});

test("somebody goes on where they stopped, on another device", async () => {
	await watchTo(root.page, 9);
	await root.page.goto(`${site.url}/`); // leaving says where, if the browser is not too busy
	const other = await openWindow(browser);
	await logIn(other.page, site, "root", rootPassword);
	await until("the place is known", async () => (await api(other.page, `/videos/${id}`)).userHistory?.currentTime >= 7);
	await other.page.goto(site.url + watch);
	const at = await began(other.page);
	assert.ok(at >= 7 && at < 15, `it went on at ${at}`);
	await other.page.goto(`${site.url}${watch}?start=30`);
	const wished = await began(other.page);
	assert.ok(wished >= 29 && wished < 36, `a beginning in the address comes first: ${wished}`);
	assert.deepEqual(other.problems, []);
	await other.close();
});

test("who is not logged in goes on in the same browser, and nowhere else", async () => {
	const me = await openWindow(browser);
	await watchTo(me.page, 7);
	await me.page.goto(`${site.url}/`);
	await me.page.goto(site.url + watch);
	const at = await began(me.page);
	assert.ok(at >= 6 && at < 13, `it went on at ${at}`);
	const kept = await me.page.evaluate(() => Object.keys(localStorage));
	assert.ok(kept.includes("player.places"), kept.join());
	const other = await openWindow(browser);
	await other.page.goto(site.url + watch);
	assert.ok(await began(other.page) < 5, "another browser knows nothing");
	await other.close();
	assert.deepEqual(me.problems, []);
	await me.close();
});

test("views and viewers are counted", async () => {
	const v = await until("the views are counted", async () => {
		const v = await api(root.page, `/videos/${id}`);
		return v.views >= 2 && v;
	});
	assert.ok(v.views <= 4, `${v.views} views of three people`);
	assert.ok(v.viewers >= 2, `${v.viewers} watch now`);
});

test("the history is shown, searched, paused and cleared, without scripts too", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	await logIn(plain.page, site, "root", rootPassword);
	const { page } = plain;
	await page.goto(site.url + history);
	assert.equal(await page.locator("#list .card").count(), 1);
	assert.ok(await page.locator("#list progress.watched").evaluate((p) => p.value) > 5);
	await page.goto(`${site.url}${history}?search=nothing`);
	assert.equal(await page.locator("#list .card").count(), 0);
	await page.goto(site.url + history);
	await press(page, `form[action="${history}/pause"] button`);
	await page.getByText("what you watch now is not remembered").waitFor();
	await press(page, `form[action="${history}/pause"] button`);
	await page.locator(".history-clear summary").click();
	await press(page, `form[action="${history}/clear"] button`);
	await page.getByText("You have not watched anything yet.").waitFor();
	await plain.close();
});

test("the owner sees how the video does, and nothing keeps anybody out", async () => {
	await watchTo(root.page, 5);
	const { page } = root;
	for (const path of [history, `/videos/manage/${id}/stats`, `/videos/manage/${id}/stats?range=all&metric=viewers`]) {
		for (const width of [360, 1280]) {
			await page.setViewportSize({ width, height: 800 });
			await page.goto(site.url + path);
			await page.evaluate(axe);
			const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
			assert.deepEqual(found.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
				.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join()}`), [], `${path} at ${width} px`);
			const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			assert.ok(over <= 0, `${path} is ${over} px wider than ${width} px`);
			if (process.env.E2E_SHOTS) await page.screenshot({ path: `${process.env.E2E_SHOTS}/${path.replace(/\W+/g, "-")}-${width}.png`, fullPage: true });
		}
	}
	const figures = await page.locator(".stats-figures").first().innerText();
	assert.match(figures, /Views\s+[2-9]/);
	assert.ok(await page.locator(".chart-bar").count() > 0, "a chart has bars");
	const stranger = await openWindow(browser);
	const answer = await stranger.page.goto(`${site.url}/videos/manage/${id}/stats`);
	assert.match(stranger.page.url() + await answer.text(), /login/);
	await stranger.close();
	assert.deepEqual(root.problems, []);
});
