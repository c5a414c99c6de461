// Pieces of a film come from mirrors of it too; one that fails, lies or is slow
// is left, and who watches does not notice.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { openWindow, until } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

const shown = process.env.SCREENSHOTS; // a folder for pictures of the page
const count = 8; // mirrors
let site, browser, film, mirror;

/** What a mirror does with a request; bytes are what was asked for. */
const does = {
	serves: (answer, { bytes, range }) => {
		answer.writeHead(206, { "Content-Length": bytes.length, "Content-Range": range, "Content-Type": "video/mp4" });
		answer.end(bytes);
	},
	lies: (answer, { bytes, range }) => {
		const other = Buffer.from(bytes);
		other[other.length >> 1] ^= 0xff;
		does.serves(answer, { bytes: other, range });
	},
	"cuts off": (answer, { bytes, range }) => does.serves(answer, { bytes: bytes.subarray(0, bytes.length >> 1), range }),
	"sends more": (answer, { bytes, range }) => does.serves(answer, { bytes: Buffer.concat([bytes, bytes]), range }),
	"sends all": (answer, { all }) => { answer.writeHead(200, { "Content-Length": all.length }); answer.end(all); },
	"is broken": (answer) => { answer.writeHead(503); answer.end(); },
	"is dead": (answer) => answer.socket.destroy(),
	"says nothing": () => {},
	"is slow": async (answer, { bytes }) => {
		answer.writeHead(206, { "Content-Type": "video/mp4" });
		for (let at = 0; at < bytes.length && !answer.destroyed; at += 1000) {
			answer.write(bytes.subarray(at, at + 1000));
			await new Promise((r) => setTimeout(r, 300));
		}
	},
	"has no sound": (answer, request) => {
		if (!request.sound) return does.serves(answer, request);
		answer.writeHead(404);
		answer.end();
	},
};

/** A site that has the files of the film in some directories, /0/ and so on; how tells what each
 * does, and log who was asked for what. */
async function startMirror() {
	const m = { files: new Map(), how: [], log: [] };
	const server = createServer((request, answer) => {
		answer.setHeader("Access-Control-Allow-Origin", "*");
		answer.setHeader("Access-Control-Allow-Headers", "Range");
		if (request.method === "OPTIONS") return answer.end();
		const [, at, name] = request.url.split("/");
		const file = m.files.get(name);
		const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
		m.log.push({ at, name, sound: file?.sound, headers: request.headers });
		if (!file || !to) {
			answer.writeHead(404);
			return answer.end();
		}
		const bytes = file.bytes.subarray(Number(from), Number(to) + 1);
		does[m.how[Number(at)]](answer, { bytes, all: file.bytes, sound: file.sound, range: `bytes ${from}-${to}/${file.bytes.length}` });
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	m.url = `http://localhost:${server.address().port}`;
	m.close = () => { server.closeAllConnections(); server.close(); };
	return m;
}

before(async () => {
	site = await startSite({
		SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]", SEPIOLA_TRANSCODING_HLS_SPLIT_AUDIO_AND_VIDEO: "true", SEPIOLA_TRANSCODING_RESOLUTIONS_240P: "false",
		SEPIOLA_REMOTE_REDUNDANCY_VIDEOS_ACCEPT_FROM: "anybody", // else they go when the task comes by that forgets those of strangers
	});
	browser = await startBrowser();
	const root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(60), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "800k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "A film with mirrors" }, 2);
	mirror = await startMirror();
	const { streamingPlaylists: [playlist] } = await root("GET", `/videos/${film.uuid}`);
	for (const { fileUrl, resolution } of playlist.files) {
		mirror.files.set(fileUrl.split("/").pop(), { bytes: Buffer.from(await (await fetch(fileUrl)).arrayBuffer()), sound: resolution.id === 0 });
	}
	assert.deepEqual([...mirror.files.values()].map((f) => f.sound).sort(), [false, true], "sound is apart");
	await site.end(); // who runs has the database alone
	const bases = Array.from({ length: count }, (_, i) => `${mirror.url}/${i}/`);
	execFileSync("go", ["run", "./tools/mirror", "-data", join(site.dir, "data"), film.uuid, ...bases], { cwd: resolve(import.meta.dirname, "../.."), stdio: "inherit" });
	await site.launch();
	await until("all of it is made, so that it is shared", async () => (await (await fetch(`${site.url}/w/${film.shortUUID}`)).text()).includes("tracker/socket"), { timeout: 60_000 });
});
after(async () => {
	mirror?.close();
	await browser?.close();
	await site?.remove();
});

// A film that goes on would ask the mirrors of the next test.
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((w) => w.close())));

/** Opens the film and plays it, with mirrors that do this and that. */
async function watch(how, path = `/w/${film.shortUUID}`) {
	mirror.how = how;
	mirror.log = [];
	const window = await openWindow(browser);
	opened.push(window);
	const { page } = window;
	await page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	window.answer = await page.goto(`${site.url}${path}`);
	await page.waitForFunction(() => window.player?.stream);
	await page.evaluate(() => {
		window.stalls = 0;
		const { video } = window.player;
		video.muted = true;
		video.addEventListener("playing", () => video.addEventListener("waiting", () => window.stalls++), { once: true });
		window.player.play();
	});
	window.meter = () => page.evaluate(() => ({ ...window.player.stream.facts().meter }));
	window.at = () => page.evaluate(() => window.player.video.currentTime);
	window.to = (seconds) => until(`it plays to ${seconds} s`, async () => await window.at() > seconds, { timeout: 60_000 });
	/** Nothing of it was seen. */
	window.fine = async () => {
		assert.deepEqual(await page.evaluate(() => ({
			stalls: window.stalls, error: window.player.video.error, faults: window.player.faults,
			pictures: window.player.video.getVideoPlaybackQuality().totalVideoFrames > 200,
		})), { stalls: 0, error: null, faults: 0, pictures: true });
	};
	return window;
}

const asked = (fn = () => true) => mirror.log.filter(fn).map((r) => r.at);

test("mirrors bear a part of it, sound as well as pictures", { timeout: 120_000 }, async (t) => {
	const w = await watch(Array(count).fill("serves"));
	await w.to(17);
	const meter = await w.meter();
	t.diagnostic(`${meter.mirrors} bytes from mirrors in ${mirror.log.length} requests, ${meter.site} from the site`);
	assert.ok(meter.mirrors > 300_000, `${meter.mirrors} bytes came from mirrors`);
	assert.ok(meter.site > 100_000, `${meter.site} bytes came from the site`);
	assert.ok(asked((r) => r.sound).length && asked((r) => !r.sound).length, "sound or pictures came from the site alone");
	assert.ok(new Set(asked()).size > 1, "one mirror bears all");
	assert.deepEqual(mirror.log.filter((r) => r.headers.cookie || r.headers.referer), [], "mirrors are told more than they have to be");
	assert.match(w.answer.headers()["content-security-policy"], new RegExp(`connect-src 'self' ${mirror.url} `));
	await w.fine();
	await w.page.evaluate(() => window.player.stats.toggle());
	const [, said] = /From mirrors\s+([0-9.]+) MiB/.exec(await w.page.locator(".player-stats").innerText());
	assert.ok(Number(said) >= 0.2, `${said} MiB from mirrors`); // 300,000 bytes and more, as above
	if (shown) await w.page.screenshot({ path: `${shown}/mirrors.png` });
	assert.deepEqual(w.problems, []);
});

test("one that lies, fails or is slow is left, and the film plays on", { timeout: 120_000 }, async (t) => {
	const w = await watch(["lies", "cuts off", "sends more", "sends all", "is broken", "is dead", "says nothing", "is slow"]);
	await until("all were tried", () => new Set(asked()).size === count, { timeout: 60_000 });
	await w.to(await w.at() + 8);
	t.diagnostic(`asked ${asked().join(" ")}, at ${(await w.at()).toFixed(1)} s`);
	// Sound and pictures may have been under way at once.
	assert.ok(asked().length <= 2 * count, `${asked().length} requests`);
	assert.equal((await w.meter()).mirrors, 0);
	await w.fine();
});

test("the film plays on though all mirrors say nothing", { timeout: 120_000 }, async (t) => {
	const w = await watch(Array(count).fill("says nothing"));
	await w.to(16);
	t.diagnostic(`asked ${asked().join(" ")}`);
	assert.ok(new Set(asked()).size > 2, `asked ${asked()}`);
	for (const one of asked()) assert.ok(asked().filter((at) => at === one).length <= 2, `mirror ${one} is asked again and again`);
	assert.equal((await w.meter()).mirrors, 0);
	await w.fine();
});

test("a mirror without the sound goes on to give pictures", { timeout: 120_000 }, async () => {
	const w = await watch(Array(count).fill("has no sound"));
	await w.to(18);
	await until("mirrors give pictures", () => asked((r) => !r.sound).length > 3, { timeout: 60_000 });
	const silent = asked((r) => r.sound);
	assert.ok(silent.length > 0, "none was asked for sound");
	assert.equal(new Set(silent).size, silent.length, `asked for sound: ${silent}`);
	assert.ok((await w.meter()).mirrors > 300_000);
	await w.fine();
});

test("who does not share asks no mirror, and who watches on another site does as here", { timeout: 120_000 }, async () => {
	const alone = await watch(Array(count).fill("serves"), `/w/${film.shortUUID}?p2p=0`);
	await alone.to(3);
	assert.deepEqual(mirror.log, []);
	assert.equal(alone.answer.headers()["content-security-policy"].includes(mirror.url), false);
	await alone.close();
	const frame = await watch(Array(count).fill("serves"), `/videos/embed/${film.uuid}?p2p=1&autoplay=1&muted=1`);
	await until("mirrors bear a part", async () => (await frame.meter()).mirrors > 0, { timeout: 60_000 });
	assert.deepEqual(frame.problems, []);
});
