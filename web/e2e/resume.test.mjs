// Uploads that are cut off: by the network, by a server that is killed, by a
// page that is closed. Each goes on from where it was, and no byte is lost.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { inputs, makeClip, openLine, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, plays, until, uploaded, uploadItem } from "./person.mjs";

const middle = 6_500_000; // bytes: the first part and some of the second

let site, line, browser, me, clip, size;

before(async () => {
	site = await startSite({ SEPIOLA_TRANSCODING_ORIGINAL_FILE_KEEP: "true" });
	line = await openLine(site);
	browser = await startBrowser();
	me = await openWindow(browser);
	await logIn(me.page, site, "root", rootPassword);
	// Noise does not shrink: many bytes of a few seconds.
	clip = makeClip(site.dir, "noise.mp4", [...inputs(3, "426x240"),
		"-vf", "noise=alls=90:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	size = statSync(clip).size;
	assert.ok(size > 9_000_000, `a clip of ${size} bytes is too small to be cut off`);
});
after(async () => {
	await browser?.close();
	line?.close();
	await site?.remove();
});

/** Records the parts that a page sends: where each begins. */
function parts(page) {
	const sent = [];
	page.on("request", (r) => {
		const range = /^bytes (\d+)-/.exec(r.headers()["content-range"] ?? "");
		if (range) sent.push(Number(range[1]));
	});
	return sent;
}

/** Begins to upload, and comes back in the middle: the server has a first part, and the second is on its way and stands still. */
async function begin(page, path) {
	await page.goto(`${line.url}/videos/upload`);
	line.set({ up: middle });
	const answer = page.waitForResponse((r) => r.request().method() === "PUT" && r.status() === 308);
	await page.setInputFiles("#upload-files", path);
	await Promise.all([answer, line.full]);
}

/** The server has this file, byte by byte, and what it made of it plays. */
async function complete(page, watch, path) {
	const id = watch.slice(3);
	const v = await finished(page, id);
	assert.equal(v.duration, 3);
	const source = await until("the original is kept", async () => {
		const s = await api(page, `/videos/${id}/source`);
		return s.fileDownloadUrl && s;
	});
	assert.equal(source.size, statSync(path).size);
	const kept = await page.request.get(source.fileDownloadUrl);
	assert.equal(kept.status(), 200);
	const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
	assert.equal(sum(await kept.body()), sum(readFileSync(path)), "the bytes that arrived are those that were sent");
	await page.goto(site.url + watch);
	await page.waitForSelector("#player.ready");
	await page.click(".player-big");
	await plays(page);
}

/** What was sent after a moment went on from what was there. */
function wentOn(sent, before) {
	const later = sent.slice(before);
	assert.ok(later.length > 0, "something was still to be sent");
	assert.ok(Math.min(...later) > 0, `it began anew: parts at ${sent.join(", ")}, cut off after ${before}`);
}

test("a lost connection is told, and the upload goes on by itself", async () => {
	const { page } = me;
	const sent = parts(page);
	await begin(page, clip);
	line.set({ cut: true });
	const state = uploadItem(page, basename(clip)).locator(".upload-state");
	await state.filter({ hasText: "No connection" }).waitFor();
	const before = sent.length;
	line.set({ cut: false });
	const watch = await uploaded(page, basename(clip));
	wentOn(sent, before);
	await complete(page, watch, clip);
});

test("a connection that only falls silent is given up, and the upload goes on", async () => {
	const page = await me.context.newPage();
	const path = makeClip(site.dir, "noise1.mp4", ["-i", clip, "-c", "copy", "-metadata", "title=first"]);
	await page.clock.install();
	const sent = parts(page);
	await begin(page, path);
	line.set({ frozen: true });
	const state = uploadItem(page, basename(path)).locator(".upload-state");
	await until("it is given up", async () => {
		await page.clock.fastForward(61_000);
		return /No connection/.test(await state.textContent());
	});
	const before = sent.length;
	line.set({ frozen: false });
	await page.clock.fastForward(2_000);
	const watch = await uploaded(page, basename(path));
	wentOn(sent, before);
	await complete(page, watch, path);
});

test("the server is killed and comes back: the upload goes on by itself", async () => {
	const { page } = me;
	const path = makeClip(site.dir, "noise2.mp4", ["-i", clip, "-c", "copy", "-metadata", "title=second"]);
	const sent = parts(page);
	await begin(page, path);
	await site.end("SIGKILL");
	const state = uploadItem(page, basename(path)).locator(".upload-state");
	await state.filter({ hasText: "No connection" }).waitFor();
	const before = sent.length;
	line.set({});
	await site.launch();
	const watch = await uploaded(page, basename(path));
	wentOn(sent, before);
	await complete(page, watch, path);
});

test("the page is closed: the same file goes on when it is chosen again", async () => {
	const path = makeClip(site.dir, "noise3.mp4", ["-i", clip, "-c", "copy", "-metadata", "title=third"]);
	const first = await me.context.newPage();
	await begin(first, path);
	await uploadItem(first, basename(path)).locator("[name=name]").fill("Closed too early");
	await uploadItem(first, basename(path)).locator("[name=category]").selectOption({ label: "Music" });
	await first.close({ runBeforeUnload: false });
	line.set({});

	const page = await me.context.newPage();
	const sent = parts(page);
	await page.goto(`${line.url}/videos/upload`);
	await page.locator("#unfinished-list li", { hasText: "noise3.mp4" }).waitFor();
	await page.setInputFiles("#upload-files", path);
	assert.equal(await uploadItem(page, basename(path)).locator("[name=name]").inputValue(), "Closed too early", "the texts are remembered");
	const watch = await uploaded(page, basename(path));
	wentOn(sent, 0);
	assert.ok(await page.locator("#unfinished").isHidden());
	await complete(page, watch, path);
	const v = await api(page, `/videos/${watch.slice(3)}`);
	assert.equal(v.name, "Closed too early");
	assert.equal(v.category.label, "Music");
});

test("a cancelled upload leaves nothing", async () => {
	const { page } = me;
	const path = makeClip(site.dir, "noise4.mp4", ["-i", clip, "-c", "copy", "-metadata", "title=fourth"]);
	await begin(page, path);
	const gone = page.waitForResponse((r) => r.request().method() === "DELETE");
	await uploadItem(page, basename(path)).locator(".upload-cancel").click();
	assert.equal((await gone).status(), 204);
	await page.waitForFunction(() => document.querySelectorAll(".upload-item").length === 0);
	line.set({});
	await page.reload();
	assert.ok(await page.locator("#unfinished").isHidden());
	assert.equal((await api(page, "/users/me/videos")).total, 4);
});
