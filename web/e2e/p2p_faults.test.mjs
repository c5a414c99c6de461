// Sharing that goes wrong does not harm who watches.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { openWindow, until } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

const seconds = 48;
let site, browser, film;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]" });
	// Addresses of the machine are hidden by names that need a network to be found.
	browser = await startBrowser(["--disable-features=WebRtcHideLocalIpsWithMdns"]);
	const root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "1000k", "-minrate", "1000k", "-bufsize", "1000k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "A shared film" }, 1);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** Opens the film; told counts what the player hears of its peers, and how often it stalls. */
async function watch(spoil) {
	const window = await openWindow(browser);
	const { page } = window;
	if (spoil) await page.addInitScript(spoil);
	await page.addInitScript(() => {
		window.told = { met: 0, closed: 0, refused: 0, stalls: 0 };
		addEventListener("player-ready", (e) => {
			window.player = e.detail;
			const { video } = window.player;
			video.addEventListener("waiting", () => { if (video.currentTime > 1 && !video.ended) window.told.stalls++; });
			const look = setInterval(() => {
				const engine = window.player.stream?.hls?.p2pEngine;
				if (!engine) return;
				clearInterval(look);
				engine.addEventListener("onPeerConnect", () => { window.told.met++; });
				engine.addEventListener("onPeerClose", () => { window.told.closed++; });
				engine.addEventListener("onSegmentError", (d) => { if (d.error.type === "p2p-segment-validation-failed") window.told.refused++; });
			}, 10);
		});
	});
	await page.goto(`${site.url}/w/${film.shortUUID}`);
	await page.waitForFunction(() => window.player?.stream);
	await page.evaluate(() => { window.player.video.muted = true; window.player.play(); });
	window.told = () => page.evaluate(() => ({ ...window.told, ...window.player.stream.facts().meter, at: window.player.video.currentTime, ended: window.player.video.ended }));
	return window;
}

/** What a liar does to what it passes on: bytes of segments are changed, commands are not. */
const lie = () => {
	const send = RTCDataChannel.prototype.send;
	RTCDataChannel.prototype.send = function (data) {
		const b = (data.buffer ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)).slice();
		const word = String.fromCharCode(...b.slice(0, 4));
		if (word !== "cstr" && word !== "dstr") b[b.length >> 1] ^= 1;
		return send.call(this, b);
	};
};

test("one wrong bit is refused, fetched from the site, and its sender dropped", { timeout: 180_000 }, async (t) => {
	const liar = await watch(lie);
	await until("the liar has something to pass on", async () => (await liar.told()).at > 8, { timeout: 60_000 });
	const honest = await watch();
	await until("a lie is told", async () => (await honest.told()).refused > 0, { timeout: 60_000 });
	await until("the liar is dropped", async () => (await honest.told()).closed > 0, { timeout: 10_000 });
	await until("the film is over", async () => (await honest.told()).ended, { timeout: 120_000 });
	const told = await honest.told();
	t.diagnostic(JSON.stringify(told));
	assert.equal(told.stalls, 0);
	assert.equal(await honest.page.evaluate(() => window.player.video.error), null);
	await liar.close();
	await honest.close();
});

test("viewers go on sharing while the site is away, and are at its tracker again after", { timeout: 180_000 }, async (t) => {
	// Its player waits up to minutes before it comes back, so that not all come at once; not here.
	const soon = () => {
		const wait = window.setTimeout;
		window.setTimeout = (fn, ms, ...more) => wait(fn, ms > 9000 && ms < 400_000 && new Error().stack.includes("_startReconnectTimer") ? 1000 : ms, ...more);
	};
	const one = await watch(soon);
	await until("the first viewer plays", async () => (await one.told()).at > 4, { timeout: 60_000 });
	const two = await watch(soon);
	await until("they meet", async () => (await two.told()).connected > 0, { timeout: 60_000 });
	await site.end();
	const before = await two.told();
	await new Promise((r) => setTimeout(r, 3000));
	assert.equal((await two.told()).connected, 1, "who is connected stays so");
	await site.launch();
	await until("the film is over", async () => (await two.told()).ended, { timeout: 120_000 });
	const told = await two.told();
	t.diagnostic(`when the site went: ${JSON.stringify(before)}; at the end: ${JSON.stringify(told)}`);
	const three = await watch(soon);
	await until("who comes later meets who was there before", async () => (await three.told()).connected > 0, { timeout: 60_000 });
	for (const w of [one, two, three]) await w.close();
});
