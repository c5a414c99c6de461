// The player in pages of another site, on another port: alone, and steered by
// PeerTube's own package @peertube/embed-api.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { openWindow, until } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const embedAPI = readFileSync(new URL("node_modules/@peertube/embed-api/build/player.min.js", import.meta.url), "utf8");

let site, browser, host, token, window;
const ids = {}; // short ones, by name

before(async () => {
	// Sharing among viewers has tests of its own.
	site = await startSite({ SEPIOLA_DEFAULTS_P2P_EMBED_ENABLED: "false", SEPIOLA_INSTANCE_DEFAULT_NSFW_POLICY: "warn", SEPIOLA_TRANSCODING_RESOLUTIONS_240P: "true" });
	browser = await startBrowser();
	host = await startHost();
	window = await openWindow(browser);
	const client = await (await fetch(`${site.url}/api/v1/oauth-clients/local`)).json();
	const login = await fetch(`${site.url}/api/v1/users/token`, {
		method: "POST", body: new URLSearchParams({ client_id: client.client_id, client_secret: client.client_secret, grant_type: "password", username: "root", password: rootPassword }),
	});
	token = (await login.json()).access_token;
	const channel = (await ask("GET", "/users/me")).videoChannels[0].id;
	const clip = makeClip(site.dir, "clip.mp4", [...inputs(12, "640x360"), "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "400k", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]);
	for (const [name, fields] of Object.entries({
		open: {}, second: {}, private: { privacy: "3" }, password: { privacy: "5", "videoPasswords[0]": "sesame" }, sensitive: { nsfw: "true" }, listed: {},
	})) {
		const form = new FormData();
		for (const [k, v] of Object.entries({ channelId: channel, name: `Video ${name}`, privacy: "1", ...fields })) form.set(k, v);
		form.set("videofile", new Blob([readFileSync(clip)], { type: "video/mp4" }), "clip.mp4");
		ids[name] = (await ask("POST", "/videos/upload", form)).video.shortUUID;
	}
	const caption = new FormData();
	caption.set("captionfile", new Blob(["WEBVTT\n\n00:00.000 --> 00:10.000\nSaid in English\n"], { type: "text/vtt" }), "en.vtt");
	await ask("PUT", `/videos/${ids.open}/captions/en`, caption);
	const list = (await ask("POST", "/video-playlists", { displayName: "A list", privacy: 1, videoChannelId: channel })).videoPlaylist;
	ids.list = list.shortUUID;
	for (const name of ["open", "private", "second", "listed"]) {
		await ask("POST", `/video-playlists/${ids.list}/videos`, { videoId: (await ask("GET", `/videos/${ids[name]}`)).id });
	}
	await ask("PUT", `/videos/${ids.listed}/embed-privacy`, { policy: 2, domains: ["127.0.0.1:9"] });
	await until("two qualities of all, and their sound", async () => {
		for (const name of ["open", "second", "password", "sensitive"]) {
			const v = await ask("GET", `/videos/${ids[name]}`);
			if (v.state.id !== 1 || v.streamingPlaylists.flatMap((p) => p.files).length < 3) return false;
		}
		return true;
	}, { timeout: 120_000, every: 500 });
});
after(async () => {
	await browser?.close();
	host?.close();
	await site?.remove();
});

/** Asks the API as root. */
async function ask(method, path, body) {
	const json = body && !(body instanceof FormData);
	const answer = await fetch(`${site.url}/api/v1${path}`, {
		method, body: json ? JSON.stringify(body) : body,
		headers: { Authorization: `Bearer ${token}`, ...(json && { "Content-Type": "application/json" }) },
	});
	const text = await answer.text();
	assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
	return text ? JSON.parse(text) : undefined;
}

/** Another site: /?src=…&sandbox=… frames an address and has the package. */
function startHost() {
	const server = createServer((request, response) => {
		const u = new URL(request.url, "http://127.0.0.1");
		if (u.pathname === "/player.js") return response.setHeader("Content-Type", "text/javascript").end(embedAPI);
		if (u.pathname !== "/") return response.writeHead(204).end();
		const sandbox = u.searchParams.get("sandbox");
		const src = u.searchParams.get("src").replaceAll("&", "&amp;");
		response.setHeader("Content-Type", "text/html").end(`<!doctype html><title>Another site</title><script src="/player.js"></script>
			<iframe id="f" title="Video" width="${u.searchParams.get("w") ?? 640}" height="${u.searchParams.get("h") ?? 360}" allow="autoplay; fullscreen" ${sandbox ? `sandbox="${sandbox}"` : ""} src="${src}"></iframe>`);
	});
	return new Promise((done) => server.listen(0, "127.0.0.1", () => {
		server.url = `http://127.0.0.1:${server.address().port}`;
		done(server);
	}));
}

/** Opens an embed in the page of the other site. */
async function frame(path, more = {}) {
	const { page } = window;
	await page.goto(`${host.url}/?${new URLSearchParams({ src: site.url + path, ...more })}`);
	return page.frameLocator("#f");
}

/** Opens an embed and connects the package to it. */
async function connect(path, ready = true) {
	const inside = await frame(path);
	await window.page.evaluate((wait) => {
		globalThis.told = [];
		globalThis.player = new globalThis.PeerTubePlayer(document.getElementById("f"));
		for (const e of ["pause", "play", "playbackStatusUpdate", "playbackStatusChange", "resolutionUpdate", "volumeChange"]) {
			globalThis.player.addEventListener(e, (detail) => globalThis.told.push([e, detail]));
		}
		return wait ? globalThis.player.ready : undefined;
	}, ready);
	return inside;
}

const call = (method, param) => window.page.evaluate(([m, p]) => globalThis.player[m](p), [method, param]);
const refused = (method, param) => window.page.evaluate(([m, p]) => globalThis.player[m](p).then(() => "nothing", (e) => e), [method, param]);
const told = (name) => window.page.evaluate((n) => globalThis.told.filter(([e]) => e === n).map(([, d]) => d), name);
const now = (inside) => inside.locator("video").evaluate((v) => v.currentTime);
const moves = (inside) => until("the video plays", () => inside.locator("video").evaluate((v) => v.currentTime > 0.3 && v.getVideoPlaybackQuality().totalVideoFrames > 0));

test("an embed shows its picture first and loads the player on a click", async () => {
	const asked = [];
	const note = (r) => asked.push(r.url());
	window.page.on("request", note);
	const inside = await frame(`/videos/embed/${ids.open}`);
	const play = inside.locator(".embed-play");
	await play.waitFor();
	assert.equal(await play.getAttribute("aria-label"), "Play: Video open, 0:12");
	for (const theme of ["lucide", "galaxy"]) { // both looks of the player draw the sign of the button
		assert.ok(await play.locator("path").evaluate((path, name) => {
			const player = document.querySelector("#player"), before = player.className;
			player.classList.remove("lucide", "galaxy");
			player.classList.add(name);
			const { fill, stroke } = getComputedStyle(path);
			player.className = before;
			return fill !== "none" || stroke !== "none";
		}, theme), `the triangle is seen with ${theme}`);
	}
	await window.page.waitForLoadState("networkidle");
	const loaded = asked.filter((u) => u.startsWith(site.url)).map((u) => new URL(u).pathname.replace(/-[A-Z0-9]{8}\./, "."));
	assert.deepEqual(loaded.filter((p) => !p.startsWith("/lazy-static/thumbnails/")), [`/videos/embed/${ids.open}`, "/assets/embed.js"]);
	assert.deepEqual(await window.context.cookies(site.url), [], "no cookie is set");
	assert.equal(await inside.locator("video").evaluate((v) => v.controls), false, "the browser's own controls are for those without scripts");
	await noSeriousFindingIn(inside);
	const viewed = window.page.waitForRequest((r) => r.method() === "POST" && r.url().endsWith("/views"));
	await play.click();
	await moves(inside);
	assert.equal((await (await viewed).response()).status(), 204, "the view is told");
	assert.equal(await play.count(), 0);
	await window.page.keyboard.press("k");
	await until("the keys are the player's", () => inside.locator("video").evaluate((v) => v.paused));
	await noSeriousFindingIn(inside);
	window.page.off("request", note);
});

/** axe, in a frame of this browser whose policy is left out. */
async function noSeriousFindingIn(inside) {
	const src = await inside.locator("html").evaluate(() => location.href);
	const { page, close } = await openWindow(browser, { bypassCSP: true });
	await page.goto(src);
	if (!(await inside.locator(".embed-play").count())) {
		await page.locator(".embed-play").click();
		await page.waitForFunction(() => document.querySelector("#player.ready"));
	}
	await page.evaluate(axe);
	const found = await page.evaluate(async () => {
		const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
		return violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
	});
	await close();
	assert.deepEqual(found, []);
}

test("the parameters of the address are kept", async () => {
	const inside = await frame(`/videos/embed/${ids.open}?` + new URLSearchParams({
		start: "3s", stop: "5", autoplay: "1", muted: "1", loop: "0", title: "0", peertubeLink: "0", subtitle: "en", playbackRate: "2", controlBar: "0",
		bigPlayBackgroundColor: "rgb(1, 2, 3)", foregroundColor: "#ff0000", p2p: "1", warningTitle: "0", mode: "p2p-media-loader",
	}));
	await until("it stops where it was asked to", () => inside.locator("video").evaluate((v) => v.paused && v.currentTime >= 4.9 && v.currentTime < 6.5));
	const seen = await inside.locator("html").evaluate((html) => ({
		muted: document.querySelector("video").muted, rate: document.querySelector("video").playbackRate, bar: !!document.querySelector(".player-bar"),
		top: !!document.querySelector(".embed-top"), caption: document.querySelector(".player-captions")?.textContent,
		big: getComputedStyle(document.querySelector(".player-big")).backgroundColor, front: getComputedStyle(document.querySelector(".player-big")).color,
		style: html.getAttribute("style"),
	}));
	assert.equal(seen.muted, true);
	assert.equal(seen.rate, 2);
	assert.equal(seen.bar, false);
	assert.equal(seen.top, false);
	assert.equal(seen.caption, "Said in English");
	assert.equal(seen.big, "rgb(1, 2, 3)");
	assert.equal(seen.front, "rgb(255, 0, 0)");
});

test("it needs neither storage nor an origin", async () => {
	const inside = await frame(`/videos/embed/${ids.open}`, { sandbox: "allow-scripts" });
	await inside.locator(".embed-play").click();
	await moves(inside);
	assert.equal(await inside.locator(".player-bar [data-icon=pause] svg").evaluate((e) => e.getBBox().width > 0), true, "the icons are there");
	assert.equal(await inside.locator("video").evaluate(() => { try { return String(localStorage.length); } catch { return "refused"; } }), "refused");
});

test("it fits into tiny frames", async () => {
	for (const [w, h] of [[320, 180], [200, 112], [120, 68]]) {
		const inside = await frame(`/videos/embed/${ids.open}?autoplay=1&muted=1`, { w, h });
		await moves(inside);
		assert.deepEqual(await inside.locator("html").evaluate((e) => [e.scrollWidth > innerWidth, e.scrollHeight > innerHeight]), [false, false], `${w}×${h}`);
		const play = inside.locator(".player-buttons button").first();
		const out = await inside.locator(".player-buttons").evaluate((e) => [...e.children].filter((c) => c.checkVisibility() && c.getBoundingClientRect().right > innerWidth + 1).map((c) => c.className));
		assert.deepEqual(out, [], `${w}×${h}: what does not fit ${await play.count()}`);
	}
});

test("PeerTube's embed API plays, seeks and tells", async () => {
	const inside = await connect(`/videos/embed/${ids.open}?api=1&muted=1`);
	assert.equal(await call("isPlaying"), false);
	await call("play");
	await moves(inside);
	assert.equal(await call("isPlaying"), true);
	await call("seek", 6);
	await until("it is there", async () => (await call("getCurrentTime")) >= 6);
	await call("pause");
	assert.equal(await inside.locator("video").evaluate((v) => v.paused), true);
	assert.equal(await call("getVolume"), 0, "it is muted");
	await call("setVolume", 0.5);
	assert.equal(await call("getVolume"), 0.5);
	await until("the volume is told", async () => (await told("volumeChange")).includes(0.5));
	const rates = await call("getPlaybackRates");
	assert.ok(rates.includes(0.5) && rates.includes(2));
	await call("setPlaybackRate", 1.5);
	assert.equal(await call("getPlaybackRate"), 1.5);
	assert.equal(await inside.locator("video").evaluate((v) => v.playbackRate), 1.5);
	assert.equal(await call("getCurrentPosition"), -1, "there is no playlist");
	assert.match(await call("getImageDataUrl"), /^data:image\/png;base64,.{1000}/);
	assert.equal((await refused("seek", "nonsense")), "runtime_error");
	assert.equal((await refused("setResolution", 12345)), "runtime_error");
	await call("seek", 11.5);
	await call("play");
	await until("the end is told", async () => (await told("playbackStatusChange")).includes("ended"));
	const states = await told("playbackStatusChange");
	assert.deepEqual([states[0], states.at(-1)], ["playing", "ended"]);
	assert.ok((await told("play")).length >= 1 && (await told("pause")).length >= 1);
	const update = (await told("playbackStatusUpdate")).at(-1);
	assert.deepEqual(Object.keys(update).sort(), ["duration", "playbackState", "position", "volume"]);
	assert.ok(update.duration > 11.5 && update.duration < 12.5, String(update.duration));
});

test("PeerTube's embed API chooses qualities and captions", async () => {
	const inside = await connect(`/videos/embed/${ids.open}?api=1&autoplay=1&muted=1`);
	await moves(inside);
	const list = await until("the qualities are known", async () => {
		const all = await call("getResolutions");
		return all.length >= 4 && all;
	});
	assert.deepEqual(list.map((r) => r.id), [360, 240, 0, -1]);
	assert.deepEqual(list.map((r) => r.active), [false, false, false, true]);
	assert.deepEqual([list[0].label, list[0].height], ["360p", 360]);
	await call("setResolution", 240);
	await until("it is chosen", async () => (await call("getResolutions")).find((r) => r.id === 240).active);
	await until("it is shown", () => inside.locator("video").evaluate((v) => v.videoHeight === 240));
	assert.ok((await told("resolutionUpdate")).some((l) => l.some((r) => r.id === 240 && r.active)));
	const captions = await call("getCaptions");
	assert.deepEqual(captions.map((c) => [c.id, c.label, c.mode]), [["en", "English", "disabled"]]);
	assert.ok(captions[0].src.startsWith(`${site.url}/lazy-static/video-captions/`));
	await call("setCaption", "en");
	assert.equal((await call("getCaptions"))[0].mode, "showing");
	await inside.locator(".player-captions", { hasText: "Said in English" }).waitFor();
	await call("setCaption", "xx");
	assert.equal((await call("getCaptions"))[0].mode, "disabled");
});

test("only the page around is listened to, and only in sense", async () => {
	const inside = await connect(`/videos/embed/${ids.open}?api=1&muted=1`);
	await window.page.evaluate((src) => {
		const f = document.getElementById("f").contentWindow;
		for (const m of ["", "{", "null", "[]", "{\"method\":7}", "{\"method\":\"other::play\",\"id\":1}", "{\"method\":\"peertube::__proto__\",\"id\":2}",
			"{\"method\":\"peertube::constructor\",\"id\":3}", "x".repeat(100_000)]) f.postMessage(m, "*");
		f.postMessage({ method: "peertube::play", id: 4 }, "*");
		// A frame beside it is not the page around it.
		const other = document.createElement("iframe");
		other.srcdoc = `<script>parent.frames[0].postMessage(JSON.stringify({ method: "peertube::play", id: 5 }), "*")<\/script>`;
		document.body.append(other);
		return new Promise((done) => { other.onload = () => setTimeout(done, 300); });
	});
	assert.equal(await inside.locator("video").evaluate((v) => v.paused), true);
	assert.equal(await call("isPlaying"), false, "the line still works");
});

test("a playlist goes on to what may be shown, in the same frame", async () => {
	const inside = await connect(`/video-playlists/embed/${ids.list}?api=1&muted=1`);
	assert.equal(await call("getCurrentPosition"), 1);
	await call("play");
	await moves(inside);
	await call("playNextVideo");
	await until("the private one is left out", async () => (await call("getCurrentPosition")) === 3);
	assert.equal(await inside.locator(".embed-top h1").textContent(), "Video second");
	await moves(inside);
	await call("playNextVideo");
	assert.equal(await call("getCurrentPosition"), 3, "the last may not be shown on this site");
	await call("playPreviousVideo");
	await until("it went back", async () => (await call("getCurrentPosition")) === 1);
	await inside.locator(".embed-top button").click();
	assert.deepEqual(await inside.locator(".embed-list [data-title]").allTextContents(), ["Video open", "Video second"]);
	await inside.locator(".embed-list a").nth(1).click();
	await until("it is opened from the list", async () => (await call("getCurrentPosition")) === 3);
	await call("seek", 11.7);
	await call("play");
	await until("the state is told", async () => (await told("playbackStatusChange")).includes("ended"));
});

test("a password is asked for, or comes from the page around", async () => {
	let inside = await frame(`/videos/embed/${ids.password}`);
	assert.equal(await inside.locator("h1").count(), 0, "the title is kept");
	await inside.locator("input[type=password]").fill("guess");
	await inside.locator("form button").click();
	await inside.locator("[role=alert]", { hasText: "wrong" }).waitFor();
	await inside.locator("input[type=password]").fill("sesame");
	await window.page.keyboard.press("Enter");
	await moves(inside);
	assert.equal(await inside.locator("video").evaluate(() => location.search + document.cookie), "");

	inside = await connect(`/videos/embed/${ids.password}?waitPasswordFromEmbedAPI=1&api=1&muted=1`, false);
	await inside.locator(".embed-wait").waitFor({ state: "visible" });
	assert.equal(await inside.locator("input[type=password]").isVisible(), false);
	assert.equal(await refused("setVideoPassword", "guess"), "runtime_error");
	await call("setVideoPassword", "sesame");
	await window.page.evaluate(() => globalThis.player.ready);
	await call("play");
	await moves(inside);
	assert.match(await call("getImageDataUrl"), /^data:image\/png/);
});

test("a sensitive video asks first, others do not come", async () => {
	let inside = await frame(`/videos/embed/${ids.sensitive}`);
	await inside.getByText("marked as sensitive").waitFor();
	assert.equal(await inside.locator("video").count(), 0);
	await inside.locator("a[data-play]").click();
	await moves(inside);
	inside = await frame(`/videos/embed/${ids.private}`);
	await inside.getByText("not open to everybody").waitFor();
	assert.doesNotMatch(await inside.locator("body").textContent(), /Video private/);
	inside = await frame(`/videos/embed/${ids.listed}`);
	await inside.getByText("may not be shown on this page").waitFor();
});

test("without scripts the browser's own controls play", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	await plain.page.goto(`${site.url}/videos/embed/${ids.open}`);
	assert.ok(await plain.page.locator("video[controls]").isVisible());
	assert.ok(await plain.page.locator(".embed-play").isHidden());
	await plain.close();
});

test("the playground asks what the package would", async () => {
	const { page, problems, close } = await openWindow(browser);
	await page.goto(`${site.url}/videos/test-embed/${ids.open}?muted=1`);
	await page.getByText("← ready true").waitFor();
	await page.click("[data-method=play]");
	await page.getByText("← playbackStatusChange \"playing\"").waitFor();
	await page.click("[data-method=getResolutions]");
	await page.getByText("\"label\":\"360p\"").first().waitFor();
	await page.fill("#test-query", "autoplay=1&muted=1&api=1&start=5");
	await page.click("#test-options button");
	await until("it is loaded again", async () => (await now(page.frameLocator("#test-frame"))) >= 5);
	assert.match(await page.inputValue("#test-code"), new RegExp(`src="${site.url}/videos/embed/${ids.open}\\?autoplay=1`));
	assert.deepEqual(problems, []);
	await close();
});

test("axe finds nothing serious in what an embed may show", async () => {
	for (const [path, open] of [
		[`/videos/embed/${ids.password}`], [`/videos/embed/${ids.sensitive}`], [`/videos/embed/${ids.private}`],
		[`/video-playlists/embed/${ids.list}`, ".embed-top button"], [`/videos/test-embed/${ids.open}`],
	]) {
		const { page, close } = await openWindow(browser, { bypassCSP: true, viewport: { width: 560, height: 315 } });
		await page.goto(site.url + path);
		if (open) await page.click(open);
		await page.evaluate(axe);
		const found = await page.evaluate(async () => {
			const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
			return violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
		});
		assert.deepEqual(found, [], path);
		await close();
	}
});

test("the browser had nothing to complain about", () => {
	assert.deepEqual(window.problems.filter((p) => !/status of 403/.test(p)), []);
});
