// What people choose, with an account and without: kept in the browser, on
// the page, in lists and in the player.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { finished, logIn, openWindow, press, uploaded } from "./person.mjs";

let site, browser, watch;

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	const { page, close } = await openWindow(browser);
	await logIn(page, site, "root", rootPassword);
	await page.goto(`${site.url}/videos/upload`);
	await page.setInputFiles("#upload-files", makeClip(site.dir, "a_clip.mp4", [...inputs(20, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]));
	watch = await uploaded(page, "a_clip.mp4");
	const id = watch.split("/").pop();
	await finished(page, id);
	await page.goto(`${site.url}/videos/update/${id}`);
	await page.selectOption("#f-privacy", "1");
	await page.selectOption("#f-language", "fr");
	await press(page, "form[action^='/videos/update'] button.main");
	await close();
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

const choices = (page) => page.locator("#playback");

test("without an account, choices stay in the browser", async () => {
	const { page, problems, close } = await openWindow(browser);
	await page.goto(site.url);
	await page.click("footer a[href='/preferences']");
	await page.waitForURL("**/preferences");
	await page.fill(".pick-search", "germ");
	await page.waitForFunction(() => [...document.querySelectorAll(".pick-list > li")].filter((li) => !li.hidden).length < 8);
	assert.ok(await page.getByLabel("German", { exact: true }).isVisible());
	await page.fill(".pick-search", "no such language");
	assert.match(await page.textContent("#languages [role=status]"), /No language/);
	await page.fill(".pick-search", "");
	await page.getByLabel("German", { exact: true }).check();
	await press(page, "#languages button.main");
	assert.match(await page.textContent(".notice"), /Saved/);
	await page.goto(site.url);
	assert.equal(await page.locator("#list > li").count(), 0, "the French video is not listed");
	assert.match(await page.textContent("main"), /Only videos in: German/);
	await press(page, ".only-languages a");
	assert.equal(await page.locator("#list > li").count(), 1);
	assert.equal((await page.context().cookies()).find((c) => c.name === "sepiola_choices")?.httpOnly, true);
	assert.deepEqual(problems, []);
	await close();
});

test("keys do nothing once they are turned off", async () => {
	const { page, problems, close } = await openWindow(browser);
	const paused = () => page.evaluate(() => document.querySelector("video").paused);
	await page.goto(site.url + watch);
	await page.locator(".player-bar button").first().waitFor({ state: "attached" });
	await page.keyboard.press("m");
	await page.waitForFunction(() => document.querySelector("video").muted);
	// What is kept is so at once: who leaves in the same moment meant it too.
	assert.equal(await page.evaluate(() => {
		document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "m", bubbles: true, cancelable: true }));
		return localStorage.getItem("player.muted");
	}), "false");
	// Those of every page, of which two may follow each other.
	await page.keyboard.press("g");
	await page.keyboard.press("o");
	await page.waitForURL("**/videos/overview");
	await page.keyboard.press("?");
	await page.locator("dialog[open] kbd").first().waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
	await page.keyboard.press("Escape");
	await page.keyboard.press("s");
	await page.keyboard.type("gv?");
	assert.equal(await page.inputValue("#search"), "gv?", "who types is left alone");
	await page.goto(`${site.url}/preferences`);
	await choices(page).getByLabel("Keyboard shortcuts").uncheck();
	await press(page, "#playback button.main");
	await page.goto(site.url + watch);
	await page.locator(".player-bar button").first().waitFor({ state: "attached" });
	assert.equal(await page.evaluate(() => document.documentElement.dataset.keys), "off");
	await page.keyboard.press("m");
	await page.keyboard.press("k");
	await page.waitForTimeout(300);
	assert.equal(await page.evaluate(() => document.querySelector("video").muted), false);
	assert.equal(await paused(), true);
	await page.keyboard.press("s");
	assert.notEqual(await page.evaluate(() => document.activeElement.id), "search");
	assert.deepEqual(problems, []);
	await close();
});

test("the keys of every page work beside a player and in it, and leave its own alone", async () => {
	const { page, problems, close } = await openWindow(browser);
	const muted = () => page.evaluate(() => document.querySelector("video").muted);
	const focused = () => page.evaluate(() => document.activeElement.id);
	const places = [["g o", "/videos/overview"], ["g v", "/videos/browse"], ["g l", "/login"], ["g p", "/login?to=%2Fvideos%2Fupload"], ["m s", "/login?to=%2Fmy-library%2Fsubscriptions"],
		["m v", "/login?to=%2Fmy-library%2Fvideos"], ["m p", "/login?to=%2Fmy-library%2Fvideo-playlists"]];
	const open = async (inside) => {
		await page.goto(site.url + watch);
		await page.waitForSelector("#player.ready");
		if (!inside) return;
		await page.locator("#player").focus();
		assert.equal(await focused(), "player");
	};
	const two = async (keys) => { for (const k of keys.split(" ")) await page.keyboard.press(k); };
	for (const inside of [false, true]) {
		for (const [keys, place] of inside ? places : [...places, ["m c", "/login?to=%2Fmy-library%2Fvideo-channels"]]) {
			await open(inside);
			await two(keys);
			await page.waitForURL((u) => u.pathname + u.search === place);
			assert.notEqual(await page.evaluate(() => localStorage.getItem("player.muted")), "true", `${keys} was no wish for silence`);
		}
		await open(inside);
		await page.keyboard.press("s");
		assert.equal(await focused(), "search");
		await page.keyboard.type("bgm?/");
		assert.equal(await page.inputValue("#search"), "bgm?/");
	}
	// In the player "m" and "c" are two wishes, and "m" alone is never late.
	await open(true);
	await page.keyboard.press("m");
	assert.equal(await muted(), true);
	await page.keyboard.press("c");
	await page.keyboard.press("m");
	await page.waitForFunction(() => !document.querySelector("video").muted);
	assert.equal(new URL(page.url()).pathname, watch);
	// "/" with the Shift that some keyboards need is the search; with Ctrl and the like nothing is.
	await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "/", shiftKey: true, bubbles: true })));
	assert.equal(await focused(), "search");
	await open(true);
	for (const held of ["Alt", "Meta", "Control"]) await page.evaluate((h) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "s", [h]: true, bubbles: true })), { Alt: "altKey", Meta: "metaKey", Control: "ctrlKey" }[held]);
	assert.notEqual(await focused(), "search");
	// Where the video fills the screen the page rests.
	await page.evaluate(() => document.getElementById("player").requestFullscreen());
	await page.waitForFunction(() => document.fullscreenElement);
	await two("g o");
	await page.keyboard.press("s");
	assert.equal(new URL(page.url()).pathname, watch);
	await page.evaluate(() => document.exitFullscreen());
	// The player's list of keys leads to that of all.
	await page.keyboard.press("?");
	await page.locator("dialog[open]").getByRole("link", { name: "All keys of the site" }).click();
	await page.locator("dialog[open] h1").filter({ hasText: "Keyboard" }).waitFor();
	assert.equal(await page.locator("dialog[open]").count(), 1);
	assert.match(await page.textContent("dialog[open]"), /gives the sound back/);
	await page.keyboard.press("Escape");
	await logIn(page, site, "root", rootPassword);
	await page.waitForURL((u) => u.pathname !== "/login");
	await open(true);
	await page.keyboard.press("b");
	await page.waitForSelector("#menu:popover-open");
	await page.keyboard.press("b");
	assert.equal(await page.locator("#menu:popover-open").count(), 0);
	assert.deepEqual(problems, []);
	await close();
});

test("what is chosen in the player is shown on the page, and the page has the last word", async () => {
	const { page, close } = await openWindow(browser);
	await page.goto(`${site.url}/preferences`);
	await page.evaluate(() => localStorage.setItem("player.next", "true"));
	await page.reload();
	const next = choices(page).locator("#f-autoPlayNextVideo");
	assert.ok(await next.isChecked());
	await next.uncheck();
	await press(page, "#playback button.main");
	assert.equal(await page.evaluate(() => localStorage.getItem("player.next")), null);
	assert.ok(!(await next.isChecked()));
	await close();
});

test("an account keeps its choices on every device", async () => {
	const one = await openWindow(browser);
	await logIn(one.page, site, "root", rootPassword);
	await one.page.goto(`${site.url}/my-account/settings#playback`);
	await one.page.locator("#f-autoPlayNextVideo").check();
	await press(one.page, "#playback button.main");
	await one.page.selectOption("#f-theme", "dark");
	await one.page.selectOption("#f-language", "es");
	await press(one.page, "#appearance button.main");
	assert.equal(await one.page.getAttribute("html", "lang"), "es");
	const two = await openWindow(browser, { javaScriptEnabled: false });
	await logIn(two.page, site, "root", rootPassword);
	await two.page.goto(`${site.url}/preferences`);
	assert.equal(await two.page.getAttribute("html", "data-theme"), "dark");
	assert.equal(await two.page.getAttribute("html", "lang"), "es");
	assert.ok(await two.page.locator("#f-autoPlayNextVideo").isChecked());
	assert.ok(await two.page.locator(".pick-search").isHidden(), "what needs scripts is not shown");
	assert.deepEqual([...one.problems, ...two.problems], []);
	await Promise.all([one.close(), two.close()]);
});

test("the page of preferences has no barrier", async () => {
	const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
	for (const language of ["en", "ar"]) {
		const { page, context, close } = await openWindow(browser, { viewport: { width: 360, height: 800 } });
		await context.addCookies([{ name: "clientLanguage", value: language, url: site.url }]);
		for (const path of ["/preferences", watch]) {
			await page.goto(site.url + path);
			await page.evaluate(axe);
			const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
			const bad = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
			assert.deepEqual(bad.map((v) => `${path} ${v.id}: ${v.nodes.map((n) => n.target)}`), [], language);
		}
		await close();
	}
});
