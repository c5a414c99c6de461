// Watches a page as a visitor does, and tells as JSON what was seen: how far
// the film is, how many pictures of it were shown, from which hosts media came,
// and what was refused. The walk between sites (tools/walk) calls it:
//
//   node walk.mjs --page https://b.test/w/… --name a.test=127.0.0.2 --shot watch.png
//
// Names are those of the walk, whose certificates no browser knows: all of it
// is to take them, its service worker too, which a context cannot be told.
import { parseArgs } from "node:util";
import { startBrowser } from "./site.mjs";

const { values } = parseArgs({ options: { page: { type: "string" }, name: { type: "string", multiple: true }, shot: { type: "string" } } });
const rules = values.name.map((pair) => `MAP ${pair.replace("=", " ")}`).join(",");
const browser = await startBrowser([`--host-resolver-rules=${rules}`, "--ignore-certificate-errors"]);
const saw = { time: 0, frames: 0, from: [], refused: [], problems: [] };
try {
	const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
	const page = await context.newPage();
	const hosts = new Set();
	page.on("response", (r) => {
		if (/\.(m3u8|mp4|ts)(\?|$)/.test(new URL(r.url()).pathname)) hosts.add(new URL(r.url()).host);
		if (r.status() >= 400) saw.refused.push(`${r.status()} ${r.url()}`);
	});
	page.on("requestfailed", (r) => {
		const why = r.failure()?.errorText ?? "";
		if (why !== "net::ERR_ABORTED") saw.refused.push(`${why} ${r.url()}`);
	});
	page.on("console", (m) => { if (m.type() === "error") saw.problems.push(m.text()); });
	page.on("pageerror", (e) => saw.problems.push(String(e)));
	await page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	await page.goto(values.page);
	await page.waitForFunction(() => window.player?.video);
	await page.evaluate(() => { window.player.video.muted = true; return window.player.play(); });
	await page.waitForFunction(() => window.player.video.currentTime > 1.5, null, { timeout: 20_000 }).catch(() => {});
	const quality = await page.evaluate(() => {
		const { video } = window.player;
		return { time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames };
	});
	Object.assign(saw, quality, { from: [...hosts] });
	await page.screenshot({ path: values.shot });
} catch (e) {
	saw.problems.push(String(e));
} finally {
	await browser.close();
}
console.log(JSON.stringify(saw));
