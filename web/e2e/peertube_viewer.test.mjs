// A viewer on a PeerTube site and one on ours, both on a video of ours, share
// with each other. The page of the other site stands in for PeerTube's player:
// the same library in the same version, unchanged, set up as PeerTube does it,
// with what our API says of the video.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { openWindow, until } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

const { build } = createRequire(new URL("../package.json", import.meta.url))("esbuild");
let site, browser, film, elsewhere;

const player = `
import Hls from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
const { playlist, hashes, trackers } = window.film;
const sums = fetch(hashes).then((r) => r.json());
window.meter = { site: 0, peers: 0, sent: 0, wrong: 0, stalls: 0 };
const Shared = HlsJsP2PEngine.injectMixin(Hls);
const hls = new Shared({ capLevelToPlayerSize: true, p2p: {
	core: {
		swarmId: playlist, announceTrackers: trackers, rtcConfig: { iceServers: [] },
		segmentMemoryStorageLimit: 1024, highDemandTimeWindow: 15, simultaneousHttpDownloads: 1,
		validateP2PSegment: async (url, range, data) => {
			const want = (await sums)[new URL(url).pathname.split("/").pop()]?.[range.start + "-" + range.end];
			const got = [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].map((b) => b.toString(16).padStart(2, "0")).join("");
			if (want !== got) window.meter.wrong++;
			return want === got;
		},
	},
	onHlsJsCreated: ({ p2pEngine }) => {
		p2pEngine.addEventListener("onChunkDownloaded", (n, from) => { window.meter[from === "p2p" ? "peers" : "site"] += n; });
		p2pEngine.addEventListener("onChunkUploaded", (n) => { window.meter.sent += n; });
	},
} });
const video = document.querySelector("video");
video.addEventListener("playing", () => video.addEventListener("waiting", () => { window.meter.stalls++; }), { once: true });
hls.loadSource(playlist);
hls.attachMedia(video);
video.play();
`;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]" });
	browser = await startBrowser(["--disable-features=WebRtcHideLocalIpsWithMdns"]);
	const root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(60), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "1200k", "-minrate", "1200k", "-bufsize", "1200k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "A film for both" }, 1);
	await until("all of it is made, so that it is shared", async () => (await (await fetch(`${site.url}/w/${film.shortUUID}`)).text()).includes("tracker/socket"), { timeout: 60_000 });
	const script = await build({
		stdin: { contents: player, resolveDir: new URL("..", import.meta.url).pathname }, bundle: true, write: false, format: "esm", logLevel: "error", conditions: ["p2pml:core-as-bundle"],
	});
	const v = await (await fetch(`${site.url}/api/v1/videos/${film.uuid}`)).json();
	const [stream] = v.streamingPlaylists;
	const what = { playlist: stream.playlistUrl, hashes: stream.segmentsSha256Url, trackers: v.trackerUrls.filter((u) => u.startsWith("ws")) };
	elsewhere = createServer((request, answer) => {
		if (request.url === "/player.js") return answer.setHeader("Content-Type", "text/javascript").end(script.outputFiles[0].text);
		answer.setHeader("Content-Type", "text/html").end(`<!doctype html><video muted width="640" height="360"></video><script>window.film = ${JSON.stringify(what)}</script><script type="module" src="/player.js"></script>`);
	});
	await new Promise((done) => elsewhere.listen(0, "127.0.0.1", done));
});
after(async () => {
	await browser?.close();
	elsewhere?.close();
	await site?.remove();
});

/** Watches here. */
async function here() {
	const window = await openWindow(browser);
	const { page } = window;
	await page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	await page.goto(`${site.url}/w/${film.shortUUID}`);
	await page.waitForFunction(() => window.player?.stream);
	await page.evaluate(() => { window.player.video.muted = true; window.player.play(); });
	window.meter = () => page.evaluate(() => ({ ...window.player.stream.facts().meter }));
	window.at = () => page.evaluate(() => window.player.video.currentTime);
	return window;
}

/** Watches on the other site. */
async function there() {
	const window = await openWindow(browser);
	const { page } = window;
	await page.goto(`http://localhost:${elsewhere.address().port}/`);
	window.meter = () => page.evaluate(() => window.meter);
	window.at = () => page.evaluate(() => document.querySelector("video").currentTime);
	return window;
}

for (const [name, first, second] of [["a viewer of another site gets pieces from one of ours", here, there], ["a viewer of ours gets pieces from one of another site", there, here]]) {
	test(name, { timeout: 180_000 }, async (t) => {
		const a = await first();
		await until("the first plays", async () => await a.at() > 15, { timeout: 90_000 });
		const b = await second();
		await until("the second gets pieces from the first", async () => (await b.meter()).peers > 500_000, { timeout: 90_000 });
		const [gave, got] = [await a.meter(), await b.meter()];
		t.diagnostic(`the second had ${got.peers} bytes from the first and ${got.site} from the site; the first gave ${gave.sent}`);
		assert.ok(gave.sent >= 500_000);
		assert.equal(got.wrong, 0);
		await until("it plays", async () => await b.at() > 5, { timeout: 60_000 });
		await a.close();
		await b.close();
	});
}
