// Viewers of a video share it: the second one gets much of it from the first,
// and plays as well as without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { openWindow } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

const shown = process.env.SCREENSHOTS; // a folder for pictures of the page
let site, browser, root, film, hidden;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]" });
	// Addresses of the machine are hidden by names that need a network to be found.
	browser = await startBrowser(["--disable-features=WebRtcHideLocalIpsWithMdns"]);
	root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(60), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "1500k", "-minrate", "1500k", "-bufsize", "1500k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "A shared film" }, 1);
	hidden = await publish(root, site, clip, { name: "For friends", privacy: 3 }, 1);
	await until("all qualities are made, so that it is shared", async () => (await (await fetch(`${site.url}/w/${film.shortUUID}`)).text()).includes("tracker/socket"));
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** Opens the film and keeps the player at hand; bytes are those of segments from the site. */
async function watch(query = "", video = film) {
	const window = await openWindow(browser);
	const { page } = window;
	window.bytes = 0;
	page.on("response", async (r) => {
		if (/-fragmented\.mp4/.test(r.url())) window.bytes += Number((await r.allHeaders())["content-length"] ?? 0);
	});
	await page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	await page.goto(`${site.url}/w/${video.shortUUID}${query}`);
	await page.waitForFunction(() => window.player?.stream);
	window.meter = () => page.evaluate(() => ({ ...window.player.stream.facts().meter }));
	window.play = () => page.evaluate(() => { window.player.video.muted = true; window.player.play(); });
	window.at = () => page.evaluate(() => window.player.video.currentTime);
	return window;
}

const until = async (what, fn, seconds = 60) => {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const value = await fn();
		if (value) return value;
		if (Date.now() > end) assert.fail(`${what} did not happen; ${site.log().slice(-500)}`);
		await new Promise((r) => setTimeout(r, 200));
	}
};

test("the second viewer gets much from the first", { timeout: 180_000 }, async (t) => {
	const a = await watch();
	await a.play();
	await until("the first viewer plays", async () => await a.at() > 20);
	const first = await a.meter();
	assert.equal(first.peers, 0);
	assert.ok(first.site > 1e6, `the site sent ${first.site} bytes`);

	const b = await watch();
	let stalls = 0;
	await b.page.exposeFunction("stalled", () => { stalls++; });
	await b.play();
	await until("the second viewer plays", async () => await b.at() > 0.5);
	await b.page.evaluate(() => window.player.video.addEventListener("waiting", () => window.stalled()));
	await until("the viewers meet", async () => (await b.meter()).connected > 0, 30);
	await until("the second viewer plays on", async () => await b.at() > 30, 90);
	const second = await b.meter();
	const share = second.peers / (second.peers + second.site);
	t.diagnostic(`second viewer: ${second.peers} bytes from the first, ${second.site} from the site (${Math.round(100 * share)} % shared), ${stalls} stalls`);
	assert.ok(share >= 0.57, `from viewers ${second.peers}, from the site ${second.site}`);
	if (shown) {
		await a.page.screenshot({ path: `${shown}/p2p-first.png` });
		await b.page.screenshot({ path: `${shown}/p2p-second.png` });
	}
	assert.equal(stalls, 0);
	assert.ok((await a.meter()).sent > 0);
	assert.equal(await b.page.locator("#sharing-notice").isVisible(), true, "people are told that they share");
	await b.page.click("#sharing-notice button");
	await b.page.reload();
	await b.page.waitForFunction(() => window.player?.stream);
	assert.equal(await b.page.locator("#sharing-notice").isVisible(), false, "once");
	await b.page.goto(`${site.url}/about`); // who leaves the page shares no more
	await until("the first viewer is alone again", async () => (await a.meter()).connected === 0, 30);
	await a.context.close();
	await b.context.close();
});

test("who does not want to share does not", async () => {
	const off = await watch("?p2p=0");
	await off.play();
	await until("it plays", async () => await off.at() > 1);
	assert.deepEqual(await off.meter(), {});
	assert.equal(await off.page.locator("#sharing-notice").count(), 0);
	const blocked = await openWindow(browser);
	await blocked.page.addInitScript(() => { delete window.RTCPeerConnection; });
	await blocked.page.goto(`${site.url}/w/${film.shortUUID}`);
	await blocked.page.waitForSelector("#player.ready");
	assert.equal(await blocked.page.locator("#sharing-notice").isVisible(), false);
	await blocked.page.evaluate(() => document.querySelector("#player video").play());
	await blocked.page.waitForFunction(() => document.querySelector("#player video").currentTime > 1);
	await off.context.close();
	await blocked.context.close();
});

test("private videos are not shared", async () => {
	const anonymous = await openWindow(browser);
	const answer = await anonymous.page.goto(`${site.url}/w/${hidden.shortUUID}`);
	assert.equal((await answer.text()).includes("tracker/socket"), false);
	await anonymous.context.close();
});

test("a viewer passes on no more than the site lets", { timeout: 120_000 }, async (t) => {
	const config = await root("GET", "/config/custom");
	config.sharing.maxUpload = 1; // MB, of a film of 11
	await root("PUT", "/config/custom", config);
	const a = await watch();
	await a.play();
	await until("the first viewer is ahead", async () => await a.at() > 12);
	const b = await watch();
	await b.play();
	await until("the first viewer has passed on what it may", async () => (await a.meter()).sent >= 1e6, 60);
	const at = await b.at();
	await until("the second viewer plays on", async () => await b.at() > at + 8, 30);
	const { sent } = await a.meter();
	t.diagnostic(`${sent} bytes passed on, of 1000000`);
	// What is under way when the limit is reached is sent to its end.
	assert.ok(sent < 2.5e6, `${sent} bytes were passed on`);
	await a.context.close();
	await b.context.close();
});
