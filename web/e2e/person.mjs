// What people do on the pages, and what the browser complains about meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const patience = 20_000; // ms; the machine may be busy

/**
 * Opens a window of its own: another person, or another device. problems
 * collects what the console and the content policy complain about.
 */
export async function openWindow(browser, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
	context.setDefaultTimeout(patience);
	const problems = [];
	context.on("weberror", (e) => problems.push(`thrown: ${e.error().message}`));
	context.on("console", (m) => {
		if (m.type() === "error") problems.push(`${m.text()} (${m.location().url})`);
	});
	const page = await context.newPage();
	return { context, page, problems, close: () => context.close() };
}

/** Logs in on the login page; to what follows, usually the home page. */
export async function logIn(page, site, username, password) {
	await page.goto(`${site.url}/login`);
	await page.fill("#f-username", username);
	await page.fill("#f-password", password);
	await press(page, "main form button");
}

/** Presses a button that sends a form, and waits for the page that answers. */
export async function press(page, button) {
	await Promise.all([page.waitForEvent("framenavigated"), page.click(button)]);
	await page.waitForLoadState("load");
}

/** Asks again and again until the answer is true, and tells it. */
export async function until(what, ask, { timeout = patience, every = 100 } = {}) {
	const deadline = Date.now() + timeout;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > deadline) throw new Error(`this never came: ${what}`);
		await new Promise((r) => setTimeout(r, every));
	}
}

/** The words of elements that do not stand on one line. */
export async function brokenWords(page, selector) {
	const found = await page.locator(selector).evaluateAll((all) => all.map((e) => {
		const broken = [], walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
		for (let n = walk.nextNode(); n; n = walk.nextNode()) {
			for (const word of n.data.matchAll(/\p{L}+/gu)) {
				const range = new Range();
				range.setStart(n, word.index);
				range.setEnd(n, word.index + word[0].length);
				if (new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1) broken.push(word[0]);
			}
		}
		return broken;
	}));
	assert.ok(found.length > 0, `there is no ${selector}`);
	return found.flat();
}

/** Drops files on the page, as from a file manager. */
export async function drop(page, paths) {
	const files = paths.map((path) => ({ name: basename(path), bytes: readFileSync(path).toString("base64") }));
	await page.evaluate((dropped) => {
		const data = new DataTransfer();
		for (const f of dropped) {
			const bytes = Uint8Array.from(atob(f.bytes), (c) => c.charCodeAt(0));
			data.items.add(new File([bytes], f.name, { lastModified: 1_700_000_000_000 }));
		}
		const target = document.getElementById("drop");
		for (const type of ["dragover", "drop"]) {
			target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
		}
	}, files);
}

/** The part of the upload page that is about one file. */
export const uploadItem = (page, filename) => page.locator(".upload-item", { has: page.locator(".upload-file", { hasText: filename }) });

/** Waits until a file is uploaded, and tells the address of its video. */
export async function uploaded(page, filename) {
	const open = uploadItem(page, filename).locator(".upload-open");
	await open.waitFor({ state: "visible" });
	return open.getAttribute("href");
}

/** Slows the network of a page down; bytes a second, 0 is no bound. */
export async function throttle(page) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("Network.enable");
	return (up, offline = false) => cdp.send("Network.emulateNetworkConditions", {
		offline, latency: 0, downloadThroughput: -1, uploadThroughput: up || -1,
	});
}

/** Asks the API with the session of a page. */
export async function api(page, path) {
	const answer = await page.request.get(new URL(`/api/v1${path}`, page.url()).href);
	assert.equal(answer.status(), 200, `${path}: ${await answer.text()}`);
	return answer.json();
}

/** Waits until a video is published in so many qualities with pictures; the
 * sound alone is no quality. It is encoded in turn with them: each has its time. */
export const finished = (page, id, qualities = 1) => until(`${qualities} qualities of ${id}`, async () => {
	const v = await api(page, `/videos/${id}`);
	const files = [...v.files, ...v.streamingPlaylists.flatMap((p) => p.files)].filter((f) => f.resolution.id > 0);
	return v.state.id === 1 && files.length >= qualities && v;
}, { timeout: 2 * patience });

/** Where the video of a page is, and how many pictures it has shown. */
export const playback = (page) => page.evaluate(() => {
	const v = document.querySelector("video");
	const q = v.getVideoPlaybackQuality();
	return { at: v.currentTime, frames: q.totalVideoFrames, paused: v.paused, height: v.videoHeight, error: v.error?.message ?? "" };
});

/** Waits until the video of a page moves and shows pictures. */
export async function plays(page) {
	const from = await playback(page);
	await page.waitForFunction((before) => {
		const v = document.querySelector("video");
		if (v.error) throw new Error(v.error.message);
		return (v.currentTime > before + 0.4 || v.ended) && v.getVideoPlaybackQuality().totalVideoFrames > 0;
	}, from.at);
	return playback(page);
}
