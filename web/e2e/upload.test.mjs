// Uploading and watching: the main job of the site, as its administrator meets
// it on the first day.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, drop, finished, logIn, openWindow, playback, plays, throttle, until, uploaded, uploadItem } from "./person.mjs";

let site, browser, me;
const watch = {}; // of each file, its page

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	me = await openWindow(browser);
	await logIn(me.page, site, "root", rootPassword);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

test("several files are dropped at once, described while they travel, and become videos", async () => {
	const { page } = me;
	const h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "1200k", "-maxrate", "1200k", "-bufsize", "1200k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k"];
	const clips = [
		makeClip(site.dir, "harbour.mp4", [...inputs(8, "854x480"), ...h264, "-movflags", "+faststart"]),
		makeClip(site.dir, "meadow.mkv", [...inputs(3, "426x240"), "-c:v", "mpeg4", "-b:v", "300k", "-c:a", "libmp3lame"]),
		makeClip(site.dir, "river.webm", [...inputs(2, "426x240"), "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "300k", "-c:a", "libvorbis"]),
	];
	await page.goto(`${site.url}/videos/upload`);
	const slow = await throttle(page);
	await slow(300_000);
	await drop(page, clips);
	await drop(page, clips.slice(0, 1));
	assert.equal(await page.locator(".upload-item").count(), 3, "a file that is dropped twice is taken once");

	const item = uploadItem(page, "harbour.mp4");
	await page.waitForFunction(() => {
		const p = document.querySelector(".upload-item progress");
		return p.value > 0 && p.value < 1;
	});
	const state = await item.locator(".upload-state").textContent();
	assert.match(state, /of 1\.\d MiB, .*\/s, .* left/, "size, speed and time left are told");

	await item.locator("[name=name]").fill("The harbour at dawn");
	await item.locator("[name=category]").selectOption({ label: "Travels" });
	await item.locator("[name=description]").fill("Boats at 0:03 and **gulls**.");
	await uploadItem(page, "meadow.mkv").locator("[name=name]").fill("A meadow");
	assert.ok(await item.locator(".upload-open").isHidden(), "all of this was typed while the bytes travelled");

	await slow(0);
	for (const name of ["harbour.mp4", "meadow.mkv", "river.webm"]) watch[name] = await uploaded(page, name);
	await until("the texts are saved", async () => (await api(page, `/videos/${watch["harbour.mp4"].slice(3)}`)).name === "The harbour at dawn");
	const v = await api(page, `/videos/${watch["harbour.mp4"].slice(3)}`);
	assert.equal(v.category.label, "Travels");
	assert.equal(v.description, "Boats at 0:03 and **gulls**.");
	await until("the second title is saved", async () => (await api(page, `/videos/${watch["meadow.mkv"].slice(3)}`)).name === "A meadow");
});

/** A checksum of the pictures of a file as they are encoded. */
const pictures = (path) => execFileSync("ffmpeg", ["-nostdin", "-loglevel", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "md5", "-"]).toString();

test("the H.264 file is published without being encoded again", async () => {
	const { page } = me;
	const first = await finished(page, watch["harbour.mp4"].slice(3), 1);
	const file = first.streamingPlaylists[0].files.find((f) => f.resolution.id === 480);
	const bytes = await (await page.request.get(file.fileUrl)).body();
	const copy = join(site.dir, "copy.mp4");
	writeFileSync(copy, bytes);
	assert.equal(pictures(copy), pictures(join(site.dir, "harbour.mp4")));
	const shown = await page.request.get(site.url + watch["harbour.mp4"]);
	assert.match(await shown.text(), /<source[^>]+\.m3u8/);
});

test("the watch page plays, and learns of new qualities by itself", async () => {
	const { page } = me;
	await page.goto(site.url + watch["harbour.mp4"]);
	await page.waitForSelector("#player.ready");
	await page.click(".player-big");
	const { frames, error } = await plays(page);
	assert.ok(frames > 0);
	assert.equal(error, "");
	await page.keyboard.press("k");
	await page.waitForFunction(() => document.querySelector("video").paused);

	await finished(page, watch["harbour.mp4"].slice(3), 2);
	await page.click(".player-button[title=Settings]");
	await page.waitForFunction(() => [...document.querySelectorAll(".player-settings label:first-child option")].some((o) => o.textContent === "240p"));
	const qualities = await page.locator(".player-settings label:first-child option").allTextContents();
	assert.match(qualities[0], /^Automatic/);
	// The sound alone is there too when it was made before the page was asked for.
	assert.deepEqual(qualities.slice(1).filter((q) => q !== "Sound only"), ["480p", "240p"]);
});

test("another quality can be chosen, and is shown", async () => {
	const { page } = me;
	const choice = page.locator(".player-settings select").first();
	for (const height of [240, 480, 240, 480]) {
		// Who goes back at once comes while the other quality makes room.
		await choice.evaluate((select, wanted) => {
			const v = document.querySelector("video");
			v.pause();
			select.value = wanted;
			select.dispatchEvent(new Event("change", { bubbles: true }));
			v.currentTime = 0;
			v.play().catch(() => {}); // where the player begins anew, it plays by itself
		}, String(height));
		await page.waitForFunction((h) => document.querySelector("video").videoHeight === h, height);
		assert.ok((await plays(page)).frames > 0);
	}
	await page.keyboard.press("Escape");
	assert.ok(await page.locator(".player-settings").isHidden());
});

test("keys and the menu of speeds steer the player", async () => {
	const { page } = me;
	const state = (ask) => page.waitForFunction(ask);
	await page.evaluate(() => document.querySelector("video").pause());
	await page.evaluate(() => document.activeElement.blur());
	await page.keyboard.press("0");
	await state(() => document.querySelector("video").currentTime < 0.1);
	await page.keyboard.press("ArrowRight");
	await state(() => Math.abs(document.querySelector("video").currentTime - 5) < 0.3);
	await page.keyboard.press("ArrowLeft");
	await state(() => document.querySelector("video").currentTime < 0.3);
	await page.keyboard.press("Space");
	await state(() => !document.querySelector("video").paused);
	await plays(page);
	await page.keyboard.press("Space");
	await state(() => document.querySelector("video").paused);
	await page.keyboard.press("m");
	await state(() => document.querySelector("video").muted);
	await page.keyboard.press("m");
	await state(() => !document.querySelector("video").muted);
	await page.keyboard.press("f");
	await state(() => document.fullscreenElement?.id === "player");
	await page.keyboard.press("f");
	await state(() => !document.fullscreenElement);
	await page.keyboard.press(">");
	await state(() => document.querySelector("video").playbackRate === 1.1);

	await page.click(".player-button[title=Settings]");
	const speeds = await page.locator(".player-settings label", { hasText: "Speed" }).locator("option").evaluateAll((list) => list.map((o) => Number(o.value)));
	assert.deepEqual(speeds, [0.25, 0.5, 0.75, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3]);
	await page.locator(".player-settings label", { hasText: "Speed" }).locator("select").selectOption("2");
	await state(() => document.querySelector("video").playbackRate === 2);
	await page.keyboard.press("Escape");
});

test("links of the description and of the address lead to their place", async () => {
	const { page } = me;
	await page.goto(`${site.url}${watch["harbour.mp4"]}?start=4`);
	await page.waitForSelector("#player.ready");
	await page.click(".player-big");
	await page.waitForFunction(() => document.querySelector("video").currentTime >= 4);
	await page.click(".description a[data-seek]");
	await page.waitForFunction(() => Math.abs(document.querySelector("video").currentTime - 3) < 0.9);
	assert.equal(await page.locator(".description strong").textContent(), "gulls");
});

test("the MKV and the WebM file become videos that play", async () => {
	const { page } = me;
	for (const name of ["meadow.mkv", "river.webm"]) {
		await finished(page, watch[name].slice(3), 1);
		await page.goto(site.url + watch[name]);
		await page.waitForSelector("#player.ready");
		await page.click(".player-big");
		await plays(page);
		assert.ok((await playback(page)).height > 0, name);
	}
});

test("videos have their picture in lists, and lists lead to them", async () => {
	const { page } = me;
	await page.goto(site.url);
	await page.waitForFunction(() => {
		const pictures = [...document.querySelectorAll("#list .thumb img")];
		return pictures.length === 3 && pictures.every((i) => i.complete && i.naturalWidth > 0);
	});
	await page.click("text=The harbour at dawn");
	await page.waitForURL(`**${watch["harbour.mp4"]}`);
	assert.equal(await page.locator("h1").textContent(), "The harbour at dawn");
});

test("what is not a video is refused with a reason, and the others go on", async () => {
	const { page } = me;
	await page.goto(`${site.url}/videos/upload`);
	await page.setInputFiles("#upload-files", [
		{ name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("not a video") },
		{ name: "false.mp4", mimeType: "video/mp4", buffer: Buffer.from("not a video either, whatever its name says") },
	]);
	await page.waitForSelector("#upload-status:not(.hidden)");
	const bad = page.locator(".upload-item.bad");
	await bad.waitFor();
	assert.equal(await bad.locator(".upload-file").textContent(), "false.mp4");
	assert.match(await bad.locator(".upload-state").textContent(), /This did not work: \S+/);
	assert.ok(await bad.locator(".upload-retry").isVisible());
	assert.equal(await page.locator(".upload-item").count(), 1, "the text file is not even tried");
});

test("the browser had nothing to complain about", () => {
	assert.deepEqual(me.problems.filter((p) => !/status of (415|422|400)/.test(p)), []);
});
