// A viewer for tools/benchp2p: opens the page of a video in headless Chromium,
// plays it, and writes every second, as a line of JSON, how it fares. It ends
// when its standard input does.
import { startBrowser } from "./site.mjs";

const page = process.argv[2];
const origin = new URL(page).origin;
// Hashes are checked by crypto.subtle, which browsers keep from addresses without TLS;
// addresses of the machine are hidden by names that need a network to be found.
const browser = await startBrowser(["--disable-features=WebRtcHideLocalIpsWithMdns", `--unsafely-treat-insecure-origin-as-secure=${origin}`, "--mute-audio"]);
const window = await (await browser.newContext({ viewport: { width: 640, height: 480 } })).newPage();

await window.addInitScript(() => {
	const facts = { startup: 0, stalls: 0, waited: 0, at: 0, site: 0, peers: 0, sent: 0, connected: 0, met: 0, refused: 0, trouble: "" };
	let asked = 0, waiting = 0;
	addEventListener("player-ready", (e) => {
		const player = e.detail;
		const { video } = player;
		video.muted = true;
		const end = () => { if (waiting) facts.waited += performance.now() - waiting; waiting = 0; };
		video.addEventListener("waiting", () => {
			if (!facts.startup || video.seeking || video.ended) return;
			facts.stalls++;
			waiting = performance.now();
		});
		video.addEventListener("playing", () => { facts.startup ||= performance.now() - asked; end(); });
		video.addEventListener("timeupdate", end);
		const engine = setInterval(() => {
			const p2p = player.stream?.hls?.p2pEngine;
			if (!p2p) return;
			clearInterval(engine);
			p2p.addEventListener("onPeerConnect", () => { facts.met++; });
			p2p.addEventListener("onSegmentError", (d) => { if (d.error.type === "p2p-segment-validation-failed") facts.refused++; });
		}, 20);
		asked = performance.now();
		player.play();
		window.fares = () => {
			const m = player.stream?.facts().meter ?? {};
			return { ...facts, at: video.currentTime, site: m.site ?? 0, peers: m.peers ?? 0, sent: m.sent ?? 0, connected: m.connected ?? 0, trouble: video.error?.message ?? "" };
		};
	});
});
await window.goto(page);

const tell = setInterval(async () => {
	try {
		const fares = await window.evaluate(() => window.fares?.());
		if (fares) process.stdout.write(JSON.stringify(fares) + "\n");
	} catch { /* it ends */ }
}, 1000);
process.stdin.resume();
process.stdin.on("end", async () => {
	clearInterval(tell);
	await browser.close();
	process.exit(0);
});
