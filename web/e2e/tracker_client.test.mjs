// The client that torrent programs for Node.js are made of (npm's
// bittorrent-tracker) finds others at our tracker, and what the tracker does
// not know it says.
import assert from "node:assert/strict";
import { register } from "node:module";
import { after, before, test } from "node:test";
import { inputs, makeClip, startSite } from "./site.mjs";
import { asRoot, publish } from "./films.mjs";

// Its WebRTC for Node.js is native code, which is not built here; over HTTP it
// is not used. Browsers run the client's other half in p2p.test.mjs.
const none = "data:text/javascript," + encodeURIComponent("export const RTCPeerConnection = null, RTCSessionDescription = null, RTCIceCandidate = null;");
register("data:text/javascript," + encodeURIComponent(`export const resolve = (name, context, next) => name === "webrtc-polyfill" ? { url: ${JSON.stringify(none)}, shortCircuit: true } : next(name, context);`));
const { default: Client } = await import("../node_modules/bittorrent-tracker/client.js");

let site, hash;
const clients = [];

before(async () => {
	site = await startSite();
	const root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(4), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	const film = await publish(root, site, clip, { name: "A torrent" }, 1);
	const video = await (await fetch(`${site.url}/api/v1/videos/${film.uuid}`)).json();
	const files = [...video.files, ...video.streamingPlaylists.flatMap((p) => p.files)];
	hash = new URL(files[0].magnetUri).searchParams.get("xt").replace("urn:btih:", "");
});
after(async () => {
	await Promise.all(clients.map((c) => new Promise((done) => c.destroy(done))));
	await site?.remove();
});

/** A client of a number, and what it hears. */
function open(number, infoHash = hash) {
	const client = new Client({ infoHash, peerId: Buffer.from(`-WW0208-${String(number).padStart(12, "0")}`).toString("hex"), announce: [`${site.url}/tracker/announce`], port: 6000 + number });
	clients.push(client);
	const heard = (name) => new Promise((resolve, reject) => {
		client.once(name, resolve);
		for (const bad of ["warning", "error"]) client.once(bad, (e) => name === bad ? resolve(e) : reject(e));
	});
	return { client, heard };
}

test("two clients meet, and the tracker counts them", { timeout: 60_000 }, async () => {
	const a = open(1), b = open(2);
	const first = a.heard("update");
	a.client.start({ left: 1000 });
	assert.deepEqual(pick(await first), { complete: 0, incomplete: 1 });
	const met = b.heard("peer"), second = b.heard("update");
	b.client.start({ left: 1000 });
	assert.deepEqual(pick(await second), { complete: 0, incomplete: 2 });
	assert.match(await met, /:6001$/);
	const done = a.heard("update");
	a.client.complete({ left: 0 });
	assert.deepEqual(pick(await done), { complete: 1, incomplete: 1 });
	const scraped = b.heard("scrape");
	b.client.scrape();
	const { complete, incomplete, downloaded } = await scraped;
	assert.deepEqual({ complete, incomplete, downloaded }, { complete: 1, incomplete: 1, downloaded: 1 });
	const gone = a.heard("update");
	a.client.stop();
	await gone;
	const last = b.heard("update");
	b.client.update({ left: 1000 });
	assert.deepEqual(pick(await last), { complete: 0, incomplete: 1 });
});

const pick = ({ complete, incomplete }) => ({ complete, incomplete });

test("what is not of this site is refused", { timeout: 60_000 }, async () => {
	const stranger = open(3, "00112233445566778899aabbccddeeff00112233");
	const refused = stranger.heard("warning");
	stranger.client.start({ left: 1000 });
	assert.match((await refused).message, /\w/);
});
