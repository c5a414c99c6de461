// What sharing brings is told to the site and shown there; who lies or is cut
// off from other viewers spoils it for nobody.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { logIn, openWindow, press, until } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shown = process.env.SCREENSHOTS; // a folder for pictures of the page
let site, browser, root, film, figures;
let windows = []; // of the test that runs

function freePort() {
	return new Promise((done) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}

before(async () => {
	figures = await freePort();
	site = await startSite({
		SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]",
		SEPIOLA_OPEN_TELEMETRY_METRICS_ENABLED: "true", SEPIOLA_OPEN_TELEMETRY_METRICS_PLAYBACK_STATS_INTERVAL: "1 second",
		SEPIOLA_OPEN_TELEMETRY_METRICS_PROMETHEUS_EXPORTER_PORT: String(figures),
	});
	browser = await startBrowser(["--disable-features=WebRtcHideLocalIpsWithMdns"]);
	root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(60), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "1200k", "-minrate", "1200k", "-bufsize", "1200k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "A film of many" }, 1);
	await until("all of it is made, so that it is shared", shares, { timeout: 60_000 });
});
afterEach(async () => {
	for (const window of windows) await window.close();
	windows = [];
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** Whether the page of the film lets its viewers share. */
const shares = async () => (await (await fetch(`${site.url}/w/${film.shortUUID}`)).text()).includes("tracker/socket");

/** Opens the film in a window of its own and plays it; change is done to the page before. */
async function watch(change = () => {}, { by = browser } = {}) {
	const window = await openWindow(by);
	windows.push(window);
	const { page } = window;
	await page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	await page.addInitScript(change);
	window.reports = [];
	page.on("request", (r) => { if (r.url().endsWith("/metrics/playback")) window.reports.push(r.postDataJSON()); });
	await page.goto(`${site.url}/w/${film.shortUUID}`);
	await page.waitForFunction(() => window.player?.stream);
	await page.evaluate(() => {
		window.stalls = 0;
		window.player.video.muted = true;
		window.player.video.addEventListener("playing", () => window.player.video.addEventListener("waiting", () => window.stalls++), { once: true });
		window.player.play();
	});
	window.meter = () => page.evaluate(() => ({ ...window.player.stream.facts().meter }));
	window.at = () => page.evaluate(() => window.player.video.currentTime);
	window.stalls = () => page.evaluate(() => window.stalls);
	return window;
}

const plays = (window, to, timeout = 60_000) => until(`it plays to ${to} s`, async () => await window.at() > to, { timeout });
const sum = (reports, name) => reports.reduce((n, r) => n + (r[name] ?? 0), 0);

/** The value of a figure of Prometheus, over all labels. */
async function figure(name) {
	const text = await (await fetch(`http://127.0.0.1:${figures}/metrics`)).text();
	return text.split("\n").filter((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `)).reduce((n, l) => n + Number(l.split(" ").pop()), 0);
}

test("players say how it went, and administrators see it", { timeout: 180_000 }, async (t) => {
	const a = await watch();
	await plays(a, 15);
	const b = await watch();
	await until("the second viewer gets something from the first", async () => (await b.meter()).peers > 500_000, { timeout: 90_000 });
	await until("the tracker has two peers", async () => await figure("peertube_bittorrent_tracker_peers_total") >= 2);
	assert.ok(await figure("peertube_bittorrent_tracker_active_infohashes_total") >= 1);
	assert.ok(await figure("sepiola_tracker_announces_total") >= 2);
	const meter = await b.meter();
	await until("it is reported", () => sum(b.reports, "downloadedBytesP2P") >= meter.peers);
	const first = b.reports[0];
	assert.equal(first.firstReport, true);
	assert.equal(first.videoId, film.uuid);
	assert.equal(first.playerMode, "p2p-media-loader");
	assert.equal(first.p2pEnabled, true);
	assert.equal(first.resolution, 360);
	assert.equal(first.fps, 25);
	assert.ok(first.startupTime > 0 && first.startupTime < 60_000, `it began after ${first.startupTime} ms`);
	assert.equal(b.reports.filter((r) => r.firstReport).length, 1);
	assert.equal(b.reports.filter((r) => "startupTime" in r).length, 1);
	const peers = sum(b.reports, "downloadedBytesP2P");
	t.diagnostic(`the second viewer: ${peers} bytes from the first, ${sum(b.reports, "downloadedBytesHTTP")} from the site, began after ${first.startupTime} ms`);
	await until("monitoring knows it", async () => await figure("peertube_playback_p2p_downloaded_bytes_total") >= peers);
	assert.ok(await figure("peertube_playback_http_downloaded_bytes_total") > 1e6);
	assert.equal(await figure("sepiola_playback_sessions_total"), 2);
	const short = await watch();
	await plays(short, 0.5);
	await short.page.goto(`${site.url}/about`); // who leaves before the first report was there too
	await until("a short visit is known", async () => await figure("sepiola_playback_sessions_total") === 3);

	const { page, problems, close } = await openWindow(browser);
	await logIn(page, site, "root", rootPassword);
	await page.goto(`${site.url}/admin/system/sharing`);
	const table = await page.evaluate(() => [...document.querySelectorAll(".chart tbody tr:first-child td")].map((td) => td.textContent));
	assert.notEqual(table[2], "0 bytes", `today is ${table}`);
	assert.equal(table[4], "3", `today is ${table}`);
	assert.match(await page.locator("#sharing-top + .table").innerText(), /A film of many/);
	assert.equal(await page.locator(".chart-bar.other title").count(), 1);
	await check(page, "sharing");
	await page.setViewportSize({ width: 360, height: 800 });
	await check(page, "sharing-narrow");
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.goto(`${site.url}/videos/manage/${film.shortUUID}/stats`);
	await check(page, "sharing-of-video");
	assert.deepEqual(problems, []);
	await close();
});

/** axe finds nothing, in either colours. */
async function check(page, name) {
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await page.reload();
		await page.evaluate(() => { for (const d of document.querySelectorAll("main details")) d.open = true; });
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
		assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), [], `${name} in ${colorScheme}`);
		if (shown) await page.screenshot({ path: `${shown}/${name}-${colorScheme}.png`, fullPage: true });
	}
}

test("who leaves while a report is under way is counted once", { timeout: 60_000 }, async () => {
	const window = await watch(() => {
		const send = globalThis.fetch;
		globalThis.fetch = (url, init) => {
			if (String(url).endsWith("/metrics/playback")) localStorage.said = JSON.stringify([...JSON.parse(localStorage.said ?? "[]"), JSON.parse(init.body)]);
			return send(url, init);
		};
	});
	const { page } = window;
	await page.route("**/metrics/playback", () => {}); // the answer takes its time
	const said = () => page.evaluate(() => JSON.parse(localStorage.said ?? "[]"));
	await until("a report is under way", async () => (await said()).length > 0);
	await page.goto(`${site.url}/about`);
	assert.deepEqual((await said()).map((r) => r.firstReport).filter(Boolean), [true]);
	assert.equal(sum(await said(), "downloadedBytesHTTP") > 0, true);
});

test("without scripts the numbers are there too, and the site decides from when on viewers share", { timeout: 120_000 }, async () => {
	const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
	await logIn(page, site, "root", rootPassword);
	await page.goto(`${site.url}/admin/system/sharing?days=7`);
	assert.match(await page.locator(".stats-figures").innerText(), /%/);
	assert.equal(await page.locator(".chart tbody tr").count(), 7);
	assert.equal(await shares(), true);
	await page.fill("#f-minViewers", "50");
	await press(page, "#settings button");
	assert.equal(await page.locator("#f-minViewers").inputValue(), "50");
	assert.equal((await root("GET", "/config/custom")).sharing.minViewers, 50);
	assert.equal(await shares(), false, "two do not make fifty");
	await page.fill("#f-minViewers", "0");
	await page.fill("#f-maxUpload", "70");
	await press(page, "#settings button");
	assert.equal(await shares(), true);
	assert.equal((await root("GET", "/config/custom")).sharing.maxUpload, 70);
	assert.match(await (await fetch(`${site.url}/w/${film.shortUUID}`)).text(), /maxUpload[^0-9]{1,10}70000000\b/);
	await page.goto(`${site.url}/videos/update/${film.shortUUID}`);
	await page.uncheck("#f-sharingEnabled");
	await press(page, "form.edit button.main");
	assert.equal(await shares(), false, "its owner does not want it");
	assert.deepEqual((await root("GET", `/videos/${film.uuid}`)).trackerUrls, []);
	await root("PUT", `/videos/${film.uuid}`, { sharingEnabled: true });
	assert.equal(await shares(), true);
	await close();
});

test("what a peer falsifies is noticed, fetched again from the site and never shown", { timeout: 180_000 }, async (t) => {
	const liar = await watch(() => {
		const { send } = RTCDataChannel.prototype;
		window.lies = 0;
		RTCDataChannel.prototype.send = function (data) {
			if (data.byteLength > 8000) { // pieces; what peers say to each other is shorter
				data = new Uint8Array(data.buffer ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data.slice(0));
				data[4000] ^= 0xff;
				window.lies++;
			}
			return send.call(this, data);
		};
	});
	await plays(liar, 25);
	const b = await watch();
	await until("a lie is noticed", async () => (await b.meter()).wrong > 0, { timeout: 90_000 });
	await plays(b, 25, 90_000);
	const meter = await b.meter();
	const lies = await liar.page.evaluate(() => window.lies);
	t.diagnostic(`${lies} falsified pieces, ${meter.wrong} segments refused, ${meter.peers} bytes of peers kept, ${meter.site} from the site`);
	assert.ok(lies > 0);
	assert.equal(await b.page.evaluate(() => window.player.video.error), null);
	assert.equal(await b.page.evaluate(() => window.player.faults), 0);
	assert.equal(await b.stalls(), 0);
	assert.ok(meter.peers < 200_000, `${meter.peers} bytes of a liar were kept`);
});

test("what a peer begins wrongly and never ends is not shown either", { timeout: 180_000 }, async (t) => {
	const liar = await watch(() => {
		const { send } = RTCDataChannel.prototype;
		RTCDataChannel.prototype.send = function (data) {
			if (this.silent) return;
			if (data.byteLength > 8000) { // pieces; what peers say to each other is shorter
				this.pieces = (this.pieces ?? 0) + 1;
				this.silent = this.pieces === 10;
				data = new Uint8Array(data.buffer ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data.slice(0));
				data.fill(0xff, 4000);
			}
			return send.call(this, data);
		};
	});
	await plays(liar, 25);
	const b = await watch();
	const parts = [];
	b.page.on("request", (r) => {
		const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(r.headers().range ?? "") ?? [];
		if (to) parts.push([from, to]);
	});
	const { streamingPlaylists: [playlist] } = await root("GET", `/videos/${film.uuid}`);
	const whole = Object.values(await (await fetch(playlist.segmentsSha256Url)).json()).flatMap((sums) => Object.keys(sums));
	const ended = () => parts.filter(([from, to]) => !whole.includes(`${from}-${to}`) && whole.some((range) => range.endsWith(`-${to}`)));
	await until("the site ends what the peer began", () => ended().length > 0, { timeout: 60_000 });
	await until("it is noticed", async () => (await b.meter()).wrong > 0, { timeout: 30_000 });
	await plays(b, 30, 90_000);
	t.diagnostic(`ended by the site: ${ended().join(" ")}; refused ${(await b.meter()).wrong}`);
	assert.equal(await b.page.evaluate(() => window.player.video.error), null);
	assert.equal(await b.page.evaluate(() => window.player.faults), 0);
	assert.equal(await b.stalls(), 0);
});

test("where WebRTC leads nowhere it plays as well", { timeout: 180_000 }, async (t) => {
	const blocked = await startBrowser(["--webrtc-ip-handling-policy=disable_non_proxied_udp", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"]);
	try {
		const a = await watch(() => {}, { by: blocked });
		await plays(a, 10);
		const b = await watch(() => {}, { by: blocked });
		await plays(b, 20, 90_000);
		const meter = await b.meter();
		t.diagnostic(`${meter.site} bytes from the site, ${await b.stalls()} stalls`);
		assert.equal(meter.peers, 0);
		assert.equal(await b.stalls(), 0);
		assert.ok(meter.site > 1e6);
	} finally {
		await blocked.close();
	}
});

test("a site that is started anew in mid-play stops nobody, and viewers meet again", { timeout: 240_000 }, async (t) => {
	const a = await watch();
	await plays(a, 8);
	const b = await watch();
	await until("they share", async () => (await b.meter()).peers > 300_000, { timeout: 60_000 });
	await site.end();
	await site.launch();
	const began = Date.now();
	assert.ok((await b.meter()).connected >= 1, "those who have met stay together without a tracker");
	await until("the tracker has both again", async () => await figure("peertube_bittorrent_tracker_peers_total") >= 2, { timeout: 90_000 });
	t.diagnostic(`the tracker had both again after ${((Date.now() - began) / 1000).toFixed(1)} s`);
	const c = await watch();
	await until("who comes later meets them", async () => (await c.meter()).peers > 300_000, { timeout: 60_000 });
	await plays(b, 30);
	for (const w of [a, b, c]) {
		assert.equal(await w.stalls(), 0);
		assert.equal(await w.page.evaluate(() => window.player.video.error), null);
	}
});
