// The pages without scripts: everything that a form and a link can do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { finished, logIn, openWindow, press, until } from "./person.mjs";

let site, browser, plain, clip;

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	plain = await openWindow(browser, { javaScriptEnabled: false });
	clip = makeClip(site.dir, "plain_clip.mp4", [...inputs(3, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

let watch = "";

test("login leads to where one wanted to go", async () => {
	const { page } = plain;
	await page.goto(`${site.url}/videos/upload`);
	assert.equal(new URL(page.url()).pathname, "/login");
	await page.fill("#f-username", "root");
	await page.fill("#f-password", rootPassword);
	await press(page, "main form button");
	assert.equal(new URL(page.url()).pathname, "/videos/upload");
});

test("a file is uploaded by the plain form", async () => {
	const { page } = plain;
	assert.ok(await page.locator("#upload-form").isVisible());
	assert.ok(await page.locator("#upload-app").isHidden(), "what needs scripts is not shown");
	await press(page, "#upload-form button.main");
	assert.match(await page.textContent("#error-videofile"), /Choose a file/);
	await page.setInputFiles("#f-videofile", { name: "letter.mp4", mimeType: "video/mp4", buffer: Buffer.from("no video at all") });
	await press(page, "#upload-form button.main");
	assert.ok(await page.locator(".notice.bad, .mistake").first().isVisible(), "what is no video is refused on the same page");
	assert.equal(new URL(page.url()).pathname, "/videos/upload");

	await page.fill("#f-name", "Sent by a plain form");
	await page.selectOption("#f-privacy", { label: "Public" });
	await page.setInputFiles("#f-videofile", clip);
	await press(page, "#upload-form button.main");
	watch = new URL(page.url()).pathname;
	assert.match(watch, /^\/w\/[1-9A-HJ-NP-Za-km-z]{22}$/);
	assert.equal(await page.textContent("h1"), "Sent by a plain form");
});

test("the watch page has a video that the browser plays by itself", async () => {
	const { page } = plain;
	await finished(page, watch.slice(3));
	await page.goto(site.url + watch);
	const video = page.locator("video[controls]");
	await video.waitFor();
	const sources = await video.locator("source").evaluateAll((all) => all.map((s) => ({ src: s.src, type: s.type })));
	assert.deepEqual(sources.map((s) => s.type), ["application/vnd.apple.mpegurl", "video/mp4"], "for browsers that know HLS, and for those that do not");
	for (const { src, type } of sources) {
		const part = await page.request.get(src, { headers: type === "video/mp4" ? { Range: "bytes=0-1023" } : {} });
		assert.equal(part.status(), type === "video/mp4" ? 206 : 200, src);
		assert.ok(part.headers()["content-type"].startsWith(type), `${src}: ${part.headers()["content-type"]}`);
	}
	// What the reader's click on the native controls does.
	await video.evaluate((v) => v.play());
	await until("the video plays", () => video.evaluate((v) => v.currentTime > 0.3 && v.getVideoPlaybackQuality().totalVideoFrames > 0));
	const poster = await page.request.get(new URL(await video.getAttribute("poster"), site.url).href);
	assert.equal(poster.status(), 200);
});

test("titles are edited", async () => {
	const { page } = plain;
	await page.goto(`${site.url}/my-library/videos`);
	await press(page, ".video-row a[href^='/videos/update/']");
	await page.fill("#f-name", "Edited by a plain form");
	await page.fill("#f-description", "A *description*.");
	await press(page, "form[action^='/videos/update'] button.main");
	await page.goto(site.url + watch);
	assert.equal(await page.textContent("h1"), "Edited by a plain form");
	assert.equal(await page.textContent(".description em"), "description");
});

test("lists of many videos have pages", async (t) => {
	// What is not transcoded is there at once.
	const large = await startSite({ SEPIOLA_TRANSCODING_ENABLED: "false", SEPIOLA_TRANSCODING_CONCURRENCY: "4", SEPIOLA_STORYBOARDS_ENABLED: "false" });
	t.after(() => large.remove());
	const buffer = readFileSync(makeClip(site.dir, "tiny.mp4", [...inputs(1, "64x36"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]));
	const scripted = await openWindow(browser);
	await logIn(scripted.page, large, "root", rootPassword);
	await scripted.page.goto(`${large.url}/videos/upload`);
	const names = Array.from({ length: 25 }, (_, i) => `clip number ${i + 1}.mp4`);
	await scripted.page.setInputFiles("#upload-files", names.map((name) => ({ name, mimeType: "video/mp4", buffer })));
	await scripted.page.waitForFunction(() => document.querySelectorAll(".upload-item.done").length === 25, null, { timeout: 60_000 });
	await until("all are published", async () => (await (await fetch(`${large.url}/api/v1/videos?count=0`)).json()).total === 25, { timeout: 60_000 });

	const reader = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = reader;
	await page.goto(large.url);
	assert.equal(await page.locator("#list > li").count(), 24);
	assert.match(await page.textContent(".pager"), /Page 1 of 2/);
	const first = await page.locator("#list h3").allTextContents();
	await press(page, ".pager a[rel=next]");
	const last = await page.locator("#list h3").allTextContents();
	assert.deepEqual([...first, ...last].sort(), names.map((n) => n.replace(".mp4", "")).sort(), "each is on one of the pages");
	await press(page, ".pager a[rel=prev]");
	assert.equal(await page.locator("#list > li").count(), 24);

	await press(page, ".tabs a[href*='sort=name']");
	assert.equal(await page.locator("#list h3").first().textContent(), "clip number 1");
	await page.fill("#search", "number 17");
	await press(page, "form.search button");
	assert.ok((await page.locator("#list h3").allTextContents()).includes("clip number 17"));

	// With scripts the same list grows by itself.
	await scripted.page.goto(large.url);
	await scripted.page.locator("footer").scrollIntoViewIfNeeded();
	await scripted.page.waitForFunction(() => document.querySelectorAll("#list > li").length === 25);
	assert.equal(await scripted.page.locator(".pager a[rel=next]").count(), 0);
	// Who comes back to it, or loads it again, is where they were.
	const at = await scripted.page.evaluate(() => scrollY);
	assert.ok(at > 0, "the list is longer than the window");
	await until("the place is remembered", () => scripted.page.evaluate(() => history.state?.y === Math.round(scrollY)));
	const there = () => scripted.page.waitForFunction((y) => document.querySelectorAll("#list > li").length === 25 && Math.abs(scrollY - y) < 5, at);
	await scripted.page.goto(`${large.url}/about`);
	await scripted.page.goBack();
	await there();
	await scripted.page.reload();
	await there();
	await scripted.page.goto(`${large.url}/about`);
	await scripted.page.goto(large.url);
	assert.equal(await scripted.page.evaluate(() => scrollY), 0, "who comes anew begins at the top");
	// What is published meanwhile moves one over the border of the pages: it comes once.
	const client = await (await fetch(`${large.url}/api/v1/oauth-clients/local`)).json();
	const session = await (await fetch(`${large.url}/api/v1/users/token`, {
		method: "POST", body: new URLSearchParams({ ...client, grant_type: "password", response_type: "code", username: "root", password: rootPassword }),
	})).json();
	let goOn;
	const published = new Promise((done) => { goOn = done; });
	await scripted.page.route(/page=2/, async (asked) => { await published; await asked.continue(); });
	await scripted.page.reload();
	const video = new FormData();
	for (const [k, v] of Object.entries({ name: "clip number 26", channelId: 1, privacy: 1 })) video.append(k, String(v));
	video.append("videofile", new Blob([buffer], { type: "video/mp4" }), "tiny.mp4");
	const sent = await fetch(`${large.url}/api/v1/videos/upload`, { method: "POST", headers: { Authorization: `Bearer ${session.access_token}` }, body: video });
	assert.equal(sent.status, 200);
	await until("the new one is listed", async () => (await (await fetch(`${large.url}/api/v1/videos?count=0`)).json()).total === 26);
	goOn();
	await scripted.page.locator("footer").scrollIntoViewIfNeeded();
	await scripted.page.waitForFunction(() => !document.querySelector(".pager a[rel=next]"));
	assert.deepEqual((await scripted.page.locator("#list h3").allTextContents()).sort(), [...first, ...last].sort());
	assert.deepEqual(scripted.problems, []);
	await Promise.all([scripted.close(), reader.close()]);
});

test("the language is chosen", async () => {
	const { page } = plain;
	await page.goto(site.url);
	await page.selectOption("#foot-language", "fr");
	await press(page, "footer form button");
	assert.equal(await page.getAttribute("html", "lang"), "fr");
	await page.selectOption("#foot-language", "en");
	await press(page, "footer form button");
	assert.equal(await page.getAttribute("html", "lang"), "en");
});

test("a video is deleted", async () => {
	const { page } = plain;
	await page.goto(`${site.url}/my-library/videos?search=Edited`);
	await page.click(".row-tools button.danger");
	await press(page, ".video-row [popover] button.danger");
	assert.equal((await page.goto(site.url + watch)).status(), 404);
});

test("one leaves", async () => {
	const { page } = plain;
	await page.goto(site.url);
	await page.click("button[popovertarget=menu]");
	await press(page, "#menu form button");
	assert.match(await page.textContent(".notice"), /You are logged out/);
	await page.goto(`${site.url}/my-library/videos`);
	assert.equal(new URL(page.url()).pathname, "/login");
});

test("the browser had nothing to complain about", () => {
	assert.deepEqual(plain.problems.filter((p) => !/status of (400|404|415|422)/.test(p)), []);
});
