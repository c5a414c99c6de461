// Two sites follow each other: what administrators do, what visitors see, and
// how somebody of one follows from there what is on the other.
// SHOTS names a directory for pictures of the pages.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, plays, press, until, uploaded } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const following = "/admin/settings/follows/following-list", followers = "/admin/settings/follows/followers-list", ledger = "/admin/system/federation-log";
const mirrors = "/admin/settings/follows/video-redundancies-list", held = `${mirrors}?target=remote-videos`;
const shots = process.env.SHOTS;

let far, near, browser, root, farRoot, video;
const host = (site) => new URL(site.url).host;

before(async () => {
	// Both are on this machine, where sites are not looked for otherwise.
	const env = { SEPIOLA_FEDERATION_ALLOWED_NETWORKS: '["127.0.0.0/8", "::1/128"]' };
	[far, near] = await Promise.all([startSite({ ...env, SEPIOLA_INSTANCE_NAME: "Far away" }), startSite({ ...env, SEPIOLA_INSTANCE_NAME: "Here" })]);
	browser = await startBrowser();
	[root, farRoot] = [await openWindow(browser), await openWindow(browser)];
	await logIn(root.page, near, "root", rootPassword);
	await logIn(farRoot.page, far, "root", rootPassword);
	const clip = makeClip(far.dir, "the_far_sea.mp4", [...inputs(3, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	await farRoot.page.goto(`${far.url}/videos/upload`);
	await farRoot.page.setInputFiles("#upload-files", clip);
	video = await finished(farRoot.page, (await uploaded(farRoot.page, "the_far_sea.mp4")).slice(3));
});
after(async () => { await browser?.close(); await Promise.all([near?.remove(), far?.remove()]); });

/** Asks to follow what the form names. */
async function follow(page, site, what) {
	await page.goto(site.url + following);
	await page.fill("#f-sites", what);
	await press(page, "main form.panel button.main");
}

test("what cannot be followed is told beside its field", async () => {
	const { page } = root;
	for (const wrong of ["no such host!", "http://", host(near)]) {
		await follow(page, near, wrong);
		const field = page.locator("#f-sites");
		assert.equal(await field.getAttribute("aria-invalid"), "true", wrong);
		assert.ok((await page.locator("#error-sites").textContent()).trim(), wrong);
		assert.match(await field.getAttribute("aria-describedby"), /error-sites/);
		assert.equal(await field.inputValue(), wrong, "what was typed is kept");
	}
	assert.equal((await api(page, "/server/following")).total, 0);
});

test("who could not be asked is shown with the reason, and can be tried again", async () => {
	const { page } = root;
	const nobody = `nobody@${host(far)}`;
	await follow(page, near, nobody);
	assert.match(await page.textContent(".notice"), /will be asked/);
	await until("the failure", async () => { await page.goto(near.url + following); return await page.locator("#failed").count() === 1; });
	const row = page.locator("#failed li");
	assert.equal(await row.count(), 1);
	assert.ok((await row.textContent()).includes(nobody));
	assert.ok((await row.locator(".mistake").textContent()).trim(), "the reason is told");
	await press(page, "#failed button");
	assert.match(await page.textContent(".notice"), /will be asked/);
	await until("it fails again", async () => { await page.goto(near.url + following); return await page.locator("#failed li").count() === 1; });
	assert.equal((await api(page, "/server/following")).total, 0);
});

test("a site is followed, and its videos appear", async () => {
	const { page } = root;
	await follow(page, near, host(far));
	assert.match(await page.textContent(".notice"), /will be asked/);
	await until("accepted", async () => (await api(page, "/server/following?state=accepted")).total === 1);
	await page.goto(near.url + following);
	assert.match(await page.textContent("#list"), new RegExp(`${host(far)}.*accepted`, "s"));
	await until("the video", async () => (await api(page, "/videos")).total === 1);
	await farRoot.page.goto(far.url + followers);
	assert.match(await farRoot.page.textContent("#list"), new RegExp(host(near)));

	const visitor = await openWindow(browser);
	await visitor.page.goto(`${near.url}/videos/browse?sort=-publishedAt`);
	assert.equal(await visitor.page.locator("#list .card").count(), 1);
	await visitor.page.goto(`${near.url}/videos/browse?scope=local`);
	assert.equal(await visitor.page.locator("#list .card").count(), 0, "it is not of this site");
	await visitor.page.goto(`${near.url}/about/follows`);
	assert.match(await visitor.page.textContent("main"), new RegExp(`1 site or channel is followed from here.*${host(far)}`, "s"));
	await visitor.close();
});

test("a video of another site says where it is from, and plays from there", async () => {
	const visitor = await openWindow(browser);
	const { page } = visitor;
	const asked = [];
	page.on("request", (r) => { if (r.url().includes("/static/")) asked.push(new URL(r.url()).host); });
	await page.goto(`${near.url}/w/${video.shortUUID}`);
	await page.waitForSelector("#player.ready");
	assert.equal(await page.getAttribute("link[rel=canonical]", "href"), video.url);
	assert.match(await page.textContent("main"), new RegExp(host(far)));
	await page.click("#player .play-big, #player button[aria-label^='Play']").catch(() => page.keyboard.press("k"));
	await plays(page);
	assert.deepEqual([...new Set(asked)], [host(far)]);
	await visitor.close();
});

test("its files may lie elsewhere; what the other site refuses is played as a file, or said", async () => {
	const cors = { "access-control-allow-origin": "*" };
	const store = far.url.replace("localhost", "127.0.0.1");
	const says = "The site that has this video does not let it be watched here.";
	const watch = async (answer) => {
		const visitor = await openWindow(browser);
		const { page } = visitor;
		await page.route(`${far.url}/static/**/*.mp4`, (route) => answer(route, new URL(route.request().url())));
		await page.goto(`${near.url}/w/${video.shortUUID}`);
		await page.waitForSelector("#player.ready");
		await page.evaluate(() => { void document.querySelector("video").play().catch(() => {}); });
		return visitor;
	};
	const silent = createServer((_, answer) => answer.end("bytes")).listen(0, "127.0.0.1");
	const byHls = (route) => route.request().resourceType() !== "media";
	// A store of objects that the other site leads to.
	let visitor = await watch((route, url) => route.fulfill({ status: 302, headers: { ...cors, location: store + url.pathname } }));
	await plays(visitor.page);
	assert.match(await visitor.page.evaluate(() => document.querySelector("video").currentSrc), /^blob:/);
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
	// It takes pages of other sites for thieves, or does not say that they may read.
	for (const [name, refuse] of Object.entries({
		refused: (route) => route.fulfill({ status: 403, headers: cors }),
		unsaid: (route) => route.fulfill({ status: 302, headers: { ...cors, location: `http://127.0.0.1:${silent.address().port}/` } }),
	})) {
		visitor = await watch((route) => byHls(route) ? refuse(route) : route.continue());
		await plays(visitor.page);
		assert.match(await visitor.page.evaluate(() => document.querySelector("video").currentSrc), new RegExp(`^${far.url}/.*mp4$`), name);
		await visitor.close();
	}
	visitor = await watch((route) => route.fulfill({ status: 403, headers: cors }));
	await visitor.page.getByText(says).waitFor();
	await visitor.close();
	silent.close();
	silent.closeAllConnections();
});

test("a channel and a video are found by handle and by address", async () => {
	const { page } = root;
	await page.goto(`${near.url}/search?search=${encodeURIComponent(`root_channel@${host(far)}`)}`);
	await page.locator("main a", { hasText: "root" }).first().waitFor();
	assert.match(await page.textContent("main"), new RegExp(`@root_channel@${host(far)}`));
	await page.goto(`${near.url}/search?search=${encodeURIComponent(video.url)}`);
	await page.locator("main .card, main .hit", { hasText: "the far sea" }).first().waitFor();
});

for (const javaScriptEnabled of [true, false]) {
	test(`somebody follows from the own site (${javaScriptEnabled ? "with" : "without"} scripts)`, async () => {
		const visitor = await openWindow(browser, { javaScriptEnabled });
		const { page } = visitor;
		await page.goto(`${far.url}/c/root_channel/videos`);
		await page.click("main a[href^='/remote-follow']");
		await page.waitForURL("**/remote-follow?*");
		for (const wrong of ["root", `nobody@${host(near)}`, "root@127.0.0.1:1"]) {
			await page.fill("#f-handle", wrong);
			await press(page, "main form button.main");
			assert.ok((await page.locator("#error-handle").textContent()).trim(), wrong);
			assert.equal(await page.inputValue("#f-handle"), wrong);
		}
		await page.fill("#f-handle", `@root@${host(near)}`);
		await Promise.all([page.waitForURL(`${near.url}/login?to=*`), page.click("main form button.main")]);
		await page.fill("#f-username", "root");
		await page.fill("#f-password", rootPassword);
		await press(page, "main form button");
		assert.match(page.url(), /\/search\?search=/);
		assert.match(await page.textContent("main"), new RegExp(`@root_channel@${host(far)}`));
		await visitor.close();
	});
}

test("a channel of another site is subscribed to, without scripts", async () => {
	const visitor = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = visitor;
	await logIn(page, near, "root", rootPassword);
	await page.goto(`${near.url}/c/root_channel@${host(far)}/videos`);
	await press(page, "form.subscribe .when-off");
	await until("a subscription", async () => (await api(page, "/users/me/subscriptions")).total === 1);
	await page.goto(`${near.url}/videos/subscriptions`);
	assert.match(await page.textContent("main"), /the far sea/);
	await visitor.close();
});

/** How many videos of others the site mirrors. */
const copies = async () => (await api(root.page, "/server/redundancy/videos?target=remote-videos")).total;

test("a video is mirrored by its address; what is none is told beside the field", async () => {
	const { page } = root;
	await page.goto(near.url + held);
	assert.match(await page.textContent("main"), /mirrors no video/);
	for (const wrong of ["the far sea", `${far.url}/w/p/${video.shortUUID}`, `http://elsewhere.example/w/${video.shortUUID}`, "12345678-1234-4234-8234-123456789012"]) {
		await page.fill("#f-video", wrong);
		await press(page, "main form.panel button.main");
		const field = page.locator("#f-video");
		assert.equal(await field.getAttribute("aria-invalid"), "true", wrong);
		assert.ok((await page.locator("#error-video").textContent()).trim(), wrong);
		assert.equal(await field.inputValue(), wrong, "what was typed is kept");
	}
	await page.fill("#f-video", `${far.url}/w/${video.shortUUID}`);
	await press(page, "main form.panel button.main");
	assert.match(await page.textContent(".notice"), /are being fetched.*“Jobs”/s);
	await until("the files", async () => await copies() === 1);
	await page.click("main form.panel a[href*='/admin/system/jobs']");
	assert.equal(await page.inputValue("#job-type"), "video-redundancy");
	await until("the job to be over", async () => {
		await page.reload();
		return /Copies of videos of other sites.*Completed/s.test(await page.textContent("#jobs"));
	});
	await page.goto(near.url + held);
	assert.match((await page.textContent("main tbody")).replace(/\s+/g, " "), new RegExp(`the far sea.*${host(far)}.*By hand.*until it is removed`));
	assert.match(await page.textContent(".quotas"), /By hand.*1 video, [1-9]/s);
	await page.fill("#f-video", `${near.url}/w/${video.shortUUID}`);
	await press(page, "main form.panel button.main");
	assert.match(await page.textContent("#error-video"), /a copy of this video already/);
	const [{ redundancies: { streamingPlaylists: [mirror] } }] = (await api(page, "/server/redundancy/videos?target=remote-videos")).data;
	const { streamingPlaylists: [{ files: [file] }] } = await api(page, `/videos/${video.uuid}`);
	const copy = await fetch(mirror.fileUrl + file.fileUrl.split("/").pop()), original = await fetch(file.fileUrl);
	assert.deepEqual(Buffer.from(await copy.arrayBuffer()), Buffer.from(await original.arrayBuffer()), "the files are those of its site");
});

test("no page about other sites has a barrier, or is wider than the screen", async () => {
	if (shots) mkdirSync(shots, { recursive: true });
	const pages = {
		following, followers, ledger, mirrors, held, muted: "/admin/moderation/blocklist/servers", public: "/about/follows", browse: "/videos/browse", local: "/videos/browse?scope=local",
		video: `/w/${video.shortUUID}`, channel: `/c/root_channel@${host(far)}/videos`, account: `/a/root@${host(far)}/video-channels`,
		search: `/search?search=${encodeURIComponent(`root_channel@${host(far)}`)}`, address: `/search?search=${encodeURIComponent(video.url)}`,
		follow: `/remote-follow?uri=${encodeURIComponent(`${near.url}/video-channels/root_channel`)}`, interaction: `/remote-interaction?uri=${encodeURIComponent(video.url)}`,
		subscriptions: "/my-library/subscriptions",
	};
	const { page } = root;
	const bad = [];
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		for (const width of [390, 1280]) {
			await page.setViewportSize({ width, height: 844 });
			for (const [name, path] of Object.entries(pages)) {
				await page.goto(near.url + path);
				if (name === "video") await page.waitForSelector("#player.ready");
				await page.evaluate(axe);
				const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
				bad.push(...violations.map((v) => `${name} ${colorScheme} ${width}: ${v.id} ${v.nodes.map((n) => n.target).join(" ")}`));
				const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
				if (over > 0) bad.push(`${name} ${width}: ${over} px too wide`);
				if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
			}
		}
	}
	await page.emulateMedia({ colorScheme: "light" });
	await page.setViewportSize({ width: 1280, height: 800 });
	assert.deepEqual(bad, []);
});

test("a copy is removed after a question, and made again from the page of the video, without scripts", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = plain;
	await logIn(page, near, "root", rootPassword);
	await page.goto(`${near.url}/w/${video.shortUUID}`);
	assert.equal(await page.locator("#actions form[action*=redundancies]").count(), 0, "it has a copy");
	await page.goto(near.url + held);
	await page.click("main td button.danger");
	await page.click(":popover-open button[popovertargetaction=hide]");
	assert.equal(await copies(), 1, "not without an answer");
	await page.click("main td button.danger");
	await press(page, ":popover-open button.main");
	assert.match(await page.textContent(".notice"), /was removed/);
	assert.equal(await copies(), 0);
	await page.goto(`${near.url}/w/${video.shortUUID}`);
	await press(page, "#actions form[action*=redundancies] button");
	assert.equal(new URL(page.url()).pathname, `/w/${video.shortUUID}`);
	assert.match(await page.textContent(".notice"), /are being fetched/);
	await until("the files", async () => await copies() === 1);
	await plain.close();
});

test("strategies are let choose among a site's videos, and what is here of them goes with that", async () => {
	const { page } = root;
	const allowed = async () => (await api(page, "/server/following")).data.map((f) => f.following.hostRedundancyAllowed);
	await page.goto(near.url + following);
	const on = page.getByRole("button", { name: `Let strategies mirror it ${host(far)}` }), off = page.getByRole("button", { name: `Mirror it no more ${host(far)}` });
	assert.deepEqual(await allowed(), [false]);
	await Promise.all([page.waitForURL(/notice=saved/), on.click()]);
	assert.deepEqual(await allowed(), [true]);
	assert.match(await page.textContent("#list"), /strategies may mirror its videos/);
	await off.click();
	await press(page, ":popover-open button.main");
	assert.deepEqual(await allowed(), [false]);
	await on.waitFor();
	await until("what was made by hand is gone too", async () => await copies() === 0);
});

test("a site is muted for everybody, which is written down, and unfollowed", async () => {
	const { page } = root;
	const muted = "/admin/moderation/blocklist/servers";
	await page.goto(near.url + muted);
	await page.fill("#f-name", host(far));
	await press(page, "main form.panel button.main");
	assert.match(await page.textContent("#list"), new RegExp(host(far)));
	assert.equal((await api(page, "/videos")).total, 0, "its videos are not shown");
	await press(page, "#list form button");
	await until("shown again", async () => (await api(page, "/videos")).total === 1);

	await page.goto(near.url + following);
	await page.click("#list [popovertarget^='end-']");
	assert.equal((await api(page, "/server/following")).total, 1, "it asks first");
	await press(page, "#list form[action$='/remove'] .danger");
	assert.match(await page.textContent("main"), /not followed any more/);
	assert.equal((await api(page, "/server/following")).total, 0);
	await page.goto(near.url + ledger);
	const lines = (await page.locator("#list li").allTextContents()).map((l) => l.replace(/\s+/g, " "));
	for (const [i, done] of [
		"ended following", "unmuted the site", "muted the site", "let no mirrors be chosen among videos of", "let mirrors be chosen among videos of",
		"asked for a mirror of a video of", "removed this site’s mirror of a video of", "asked for a mirror of a video of", "asked to follow",
	].entries()) {
		assert.ok(lines[i].includes(done) && lines[i].includes(host(far)) && lines[i].includes("@root"), `${lines[i]}: want ${done}`);
	}
	await page.selectOption("#ledger-action", "blocked-server");
	await page.waitForURL(/action=blocked-server/);
	assert.equal(await page.locator("#list li").count(), 1);
	await until("the far site hears of it", async () => {
		await farRoot.page.goto(far.url + followers);
		return !(await farRoot.page.textContent("main")).includes(host(near));
	});
	assert.deepEqual(root.problems.filter((p) => !p.includes("status of 400")), []);
});
