// The player: what people press, see and read in it, and what it remembers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, openLine, startBrowser, startSite } from "./site.mjs";
import { openWindow, plays, until } from "./person.mjs";
import { asRoot, caption, publish, spoken } from "./films.mjs";

let site, browser, me, root, film, second;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false" });
	browser = await startBrowser();
	root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(20), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "400k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "The harbour", description: "Birds at 0:08." });
	second = await publish(root, site, clip, { name: "The meadow" });
	await caption(root, film.uuid, "en", spoken(["Good morning", "The élégant gulls", "fly over boats", "and over gulls"]));
	await caption(root, film.uuid, "fr", spoken(["Bonjour", "Les mouettes", "volent", "partout"]));
	await root("PUT", `/videos/${film.uuid}/chapters`, { chapters: [{ timecode: 0, title: "Arrival" }, { timecode: 6, title: "Birds" }, { timecode: 14, title: "Night" }] });
	// The player reads the list of qualities again when there are more.
	await until("all qualities are made", async () => (await (await fetch(site.url + path())).text()).includes("tracker/socket"));
	await until("the storyboard", async () => (await root("GET", `/videos/${film.uuid}/storyboards`)).storyboards.length > 0);
	me = await openWindow(browser);
	await me.page.addInitScript(() => addEventListener("player-ready", (e) => { window.player = e.detail; }));
	me.page.setDefaultTimeout(10_000);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

const path = () => `/w/${film.shortUUID}`;

async function open(query = "", page = me.page) {
	await page.goto(site.url + path() + query);
	await page.waitForSelector("#player.ready");
	return page;
}
const now = (page) => page.evaluate(() => document.querySelector("video").currentTime);
const at = (page, seconds, slack = 0.6) => page.waitForFunction(([s, d]) => Math.abs(document.querySelector("video").currentTime - s) < d, [seconds, slack]);
/** Goes to a second by a link, as those of comments do, and stays there. */
async function seek(page, seconds) {
	await page.evaluate((s) => {
		const link = document.createElement("a");
		link.dataset.seek = s;
		document.body.append(link);
		link.click();
		link.remove();
	}, seconds);
	await page.waitForFunction((s) => { const v = document.querySelector("video"); return v.readyState > 2 && Math.abs(v.currentTime - s) < 1.3; }, seconds);
	await page.evaluate(() => document.querySelector("video").pause());
}
/** A key on the page, with nothing focused. */
async function press(page, key) {
	await page.evaluate(() => document.activeElement?.blur());
	await page.keyboard.press(key);
}

test("captions are shown, remembered, styled and asked for by the address", async () => {
	const page = await open();
	assert.equal(await page.textContent(".player-captions"), "");
	await press(page, "c");
	await seek(page, 2.2);
	await page.waitForFunction(() => document.querySelector(".player-captions").textContent === "The élégant gulls");
	assert.equal(await page.getAttribute(".player-button[title=Captions]", "aria-pressed"), "true");

	await page.click(".player-button[title=Settings]");
	const panel = page.locator(".player-settings");
	await panel.locator("summary").click();
	await panel.getByLabel(/^Size/).selectOption("large");
	await panel.getByLabel(/^Colour/).selectOption("yellow");
	await panel.getByLabel(/^Captions/).selectOption("fr");
	await page.keyboard.press("Escape");
	assert.equal(await page.locator(".player-settings:popover-open").count(), 0);

	await open();
	await seek(page, 2.2);
	await page.waitForFunction(() => document.querySelector(".player-captions").textContent === "Les mouettes");
	const look = await page.evaluate(() => ({ ...document.querySelector(".player-captions").dataset, colour: getComputedStyle(document.querySelector(".player-captions p")).color }));
	assert.equal(look.size, "large");
	assert.equal(look.colour, "rgb(255, 233, 74)");

	await open("?subtitle=en&start=1");
	await seek(page, 0.5);
	await page.waitForFunction(() => document.querySelector(".player-captions").textContent === "Good morning");
	await open();
	assert.equal(await page.evaluate(() => localStorage.getItem("player.captions")), "fr", "an address is no choice");
	await press(page, "c");
});

test("the transcript is searched, followed and jumped by, in each language", async () => {
	const page = await open();
	await page.click("#transcript summary");
	await page.selectOption("#transcript-language", "en");
	await page.waitForFunction(() => document.querySelectorAll("#transcript-lines li").length === 4);
	await page.fill("#transcript-search", "ELEGANT");
	assert.deepEqual(await page.locator("#transcript-lines li:visible mark").allTextContents(), ["élégant"], "case and accents do not matter");
	await page.fill("#transcript-search", "gulls");
	assert.match(await page.textContent("#transcript-found"), /: 2$/);
	await page.locator("#transcript-lines li:visible a").nth(1).click();
	await at(page, 6);
	await page.waitForFunction(() => document.querySelector("#transcript-lines [aria-current]")?.textContent.includes("over gulls"));
	await page.evaluate(() => document.querySelector("video").pause());
	await page.fill("#transcript-search", "nothing like it");
	assert.equal(await page.textContent("#transcript-found"), "Nothing found.");
	await page.fill("#transcript-search", "");
	await page.selectOption("#transcript-language", "fr");
	await page.waitForFunction(() => document.querySelector("#transcript-lines").textContent.includes("Les mouettes"));
	await page.locator("#transcript-lines a").first().focus();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await at(page, 2, 1.5);
});

test("chapters are marked on the bar and lead to their place", async () => {
	const page = await open();
	await page.evaluate(() => { const d = document.getElementById("chapters"); d.open = true; });
	assert.equal(await page.locator(".player-marks span").count(), 2);
	assert.equal(await page.locator(".chapters [aria-current]").textContent().then((t) => t.trim().replace(/\s+/g, " ")), "0:00 Arrival");
	await page.click(".chapters a[data-seek='14']");
	await at(page, 14, 1.5);
	await page.waitForFunction(() => document.querySelector(".player-chapter").textContent === "Night");
	await page.waitForFunction(() => /Night/.test(document.querySelector(".chapters [aria-current]").textContent));
	await press(page, "[");
	await page.waitForFunction(() => /Birds/.test(document.querySelector(".chapters [aria-current]").textContent));
	assert.match(await page.getAttribute(".player-seek input", "aria-valuetext"), /Birds/);
	await page.evaluate(() => document.querySelector("video").pause());
});

test("the bar shows a picture of the place, to the mouse and to the keyboard", async () => {
	const page = await open();
	const bar = page.locator(".player-seek input");
	const { width } = await bar.boundingBox();
	await bar.hover({ position: { x: width * 0.75, y: 10 } });
	const shown = () => page.evaluate(() => {
		const p = document.querySelector(".player-preview");
		const picture = p.querySelector("div");
		return p.hidden ? null : { text: p.textContent, picture: getComputedStyle(picture).backgroundImage, width: picture.offsetWidth };
	});
	const byMouse = await shown();
	assert.match(byMouse.text, /^Night0:1[45]$/);
	assert.match(byMouse.picture, /lazy-static\/storyboards\/.*\.jpg/);
	assert.ok(byMouse.width > 50);
	const picture = await page.request.get(/url\("(.*)"\)/.exec(byMouse.picture)[1]);
	assert.equal(picture.status(), 200);
	await page.mouse.move(5, 5);
	assert.equal(await shown(), null);
	await page.locator(".player-big").focus();
	await page.keyboard.press("Tab");
	assert.match((await shown()).text, /0:00/);
	await page.keyboard.press("ArrowRight");
	await at(page, 5);
	assert.match((await shown()).text, /0:05/);
});

test("the keys do what they do elsewhere", async () => {
	const page = await open();
	const state = () => page.evaluate(() => {
		const v = document.querySelector("video");
		return { paused: v.paused, rate: v.playbackRate, volume: v.volume, muted: v.muted, at: v.currentTime };
	});
	await press(page, "k");
	await page.waitForFunction(() => !document.querySelector("video").paused);
	await press(page, " ");
	await page.waitForFunction(() => document.querySelector("video").paused);
	await press(page, "5");
	await at(page, 10);
	await press(page, "ArrowRight");
	await at(page, 15);
	await press(page, "ArrowLeft");
	await at(page, 10);
	await press(page, "j");
	await at(page, 0);
	await press(page, "l");
	await at(page, 10);
	await press(page, ".");
	await at(page, 10.033, 0.02);
	await press(page, ",");
	await press(page, "m");
	assert.equal((await state()).muted, true);
	await press(page, "m");
	await press(page, ">");
	assert.equal((await state()).rate, 1.1);
	await press(page, "<");
	await press(page, "<");
	assert.equal((await state()).rate, 0.9);
	await page.evaluate(() => document.getElementById("player").focus());
	await page.keyboard.press("ArrowDown");
	assert.equal((await state()).volume, 0.9);
	await page.keyboard.press("End");
	await page.waitForFunction(() => { const v = document.querySelector("video"); return v.currentTime >= v.duration - 0.3; });
	await press(page, "h");
	assert.ok(await page.evaluate(() => getComputedStyle(document.querySelector("video")).transform.startsWith("matrix(-1")));
	await press(page, "t");
	assert.ok(await page.evaluate(() => document.querySelector("#player").offsetWidth > 1000));
	await press(page, "t");
	await press(page, "f");
	await page.waitForFunction(() => document.fullscreenElement?.id === "player");
	await press(page, "Control+Enter");
	await page.waitForFunction(() => !document.fullscreenElement);
	await press(page, "?");
	assert.match(await page.textContent("dialog[open]"), /10 seconds back, on/);
	await page.keyboard.press("Escape");
	assert.equal(await page.locator("dialog[open]").count(), 0);
	// Who types is left alone.
	await page.focus("#search");
	await page.keyboard.type("mk0");
	assert.equal(await page.inputValue("#search"), "mk0");
	assert.equal((await state()).muted, false);
	await page.evaluate(() => localStorage.removeItem("player.rate"));
});

test("who goes elsewhere while the list of qualities is read again gets there", async () => {
	const page = await open();
	await press(page, "k");
	await page.waitForFunction(() => document.querySelector("video").currentTime > 0);
	await press(page, "k");
	await press(page, "0");
	await at(page, 0);
	await page.waitForFunction(() => !document.querySelector("video").seeking);
	for (const [key, seconds] of [["l", 10], ["ArrowLeft", 5], ["j", 0], ["ArrowRight", 5]]) {
		await page.evaluate((key) => {
			window.player.stream.refresh();
			document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
		}, key);
		await page.waitForFunction((s) => { const v = document.querySelector("video"); return v.readyState > 2 && !v.seeking && Math.abs(v.currentTime - s) < 0.6; }, seconds);
	}
});

test("speed, quality and volume are remembered", async () => {
	const page = await open();
	await page.click(".player-button[title=Settings]");
	const panel = page.locator(".player-settings");
	const speeds = await panel.getByLabel("Speed").locator("option").evaluateAll((all) => all.map((o) => o.value));
	assert.deepEqual(speeds.slice(0, 10), ["0.25", "0.5", "0.75", "1", "1.25", "1.5", "1.75", "2", "2.5", "3"]);
	await panel.getByLabel("Speed").selectOption("1.5");
	const qualities = await panel.getByLabel("Quality").locator("option").evaluateAll((all) => all.map((o) => [o.value, o.textContent]));
	assert.match(qualities[0][1], /^Automatic/);
	assert.ok(qualities.length > 2, JSON.stringify(qualities));
	const [chosen] = qualities.findLast(([value]) => Number(value) > 0);
	await panel.getByLabel("Quality").selectOption(chosen);
	await page.keyboard.press("Escape");
	await open();
	await page.click(".player-big");
	await plays(page);
	const v = await page.evaluate(() => ({ rate: document.querySelector("video").playbackRate, height: document.querySelector("video").videoHeight }));
	assert.equal(v.rate, 1.5);
	assert.equal(v.height, Number(chosen));
	await page.evaluate(() => { localStorage.clear(); document.querySelector("video").pause(); });
});

test("the sound alone is played where it lies apart", async () => {
	const page = await open();
	await page.click(".player-button[title=Settings]");
	const quality = page.locator(".player-settings").getByLabel("Quality");
	const sound = await quality.locator("option", { hasText: "Sound only" }).count();
	const apart = (await root("GET", `/videos/${film.uuid}`)).streamingPlaylists[0].files.some((f) => f.resolution.id === 0);
	assert.equal(sound === 1, apart, "it is offered where there is a file for it");
	if (!apart) return;
	const fetched = [];
	page.on("request", (r) => { if (r.url().includes("-fragmented.mp4")) fetched.push(r.url()); });
	await quality.selectOption({ label: "Sound only" });
	await page.keyboard.press("Escape");
	await page.click(".player-big");
	await page.waitForFunction(() => document.querySelector("video").currentTime > 1);
	assert.ok(await page.evaluate(() => document.querySelector("#player").classList.contains("sound-only")));
	assert.ok(fetched.length > 0 && fetched.every((u) => u.endsWith("-0-fragmented.mp4")), `no picture is loaded: ${fetched}`);
	await page.click(".player-button[title=Settings]");
	await quality.selectOption("-1");
	await page.waitForFunction(() => document.querySelector("video").videoWidth > 0 && document.querySelector("video").currentTime > 1);
	await page.evaluate(() => { localStorage.clear(); document.querySelector("video").pause(); });
});

test("picture in picture is asked for", async () => {
	const page = await open();
	await page.evaluate(() => {
		globalThis.asked = 0;
		HTMLVideoElement.prototype.requestPictureInPicture = async () => { globalThis.asked++; };
	});
	await press(page, "i");
	assert.equal(await page.evaluate(() => globalThis.asked), 1);
	await page.click(".player-button[title='Picture in picture']");
	assert.equal(await page.evaluate(() => globalThis.asked), 2);
});

test("an address begins and ends where it says, and loops", async () => {
	const page = await open("?start=3s&stop=4s");
	await page.click(".player-big");
	await page.waitForFunction(() => { const v = document.querySelector("video"); return v.paused && v.currentTime >= 4; });
	assert.ok(await now(page) < 5);
	await open("?start=0h0m3s&stop=0:04&loop=1");
	await page.click(".player-big");
	await page.waitForFunction(() => document.querySelector("video").currentTime >= 3.7);
	await page.waitForFunction(() => document.querySelector("video").currentTime < 3.6);
	assert.equal(await page.evaluate(() => document.querySelector("video").paused), false);
});

test("links of the description jump", async () => {
	const page = await open();
	await page.click("#description a[data-seek='8']");
	await at(page, 8, 1.5);
	assert.equal(await page.evaluate(() => document.querySelector("video").paused), false);
});

test("the next video comes after a countdown, which can be stopped", async () => {
	const page = await open("?start=19s");
	await page.click(".player-button[title=Settings]");
	await page.getByLabel("Play the next video by itself").check();
	await page.keyboard.press("Escape");
	await page.click(".player-big");
	await page.waitForSelector(".player-next:visible");
	assert.match(await page.textContent(".player-next"), /Next video in \d+ s/);
	assert.match(await page.textContent(".player-next-title"), /The meadow/);
	await page.click(".player-next >> text=Cancel");
	assert.ok(await page.locator(".player-next").isHidden());
	await page.evaluate(() => { document.querySelector("video").currentTime = 19.5; });
	await page.click(".player-button[title^=Play]");
	await page.waitForSelector(".player-next:visible");
	await Promise.all([page.waitForURL(`**/w/${second.shortUUID}`), page.click(".player-next >> text=Play now")]);
	await page.waitForSelector("#player.ready");
	await plays(page);
});

test("the menu copies the address at a time", async () => {
	await me.context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const page = await open();
	await press(page, "5");
	await at(page, 10);
	await page.click("video", { button: "right", position: { x: 500, y: 100 } });
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "Copy the address");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await until("the copy", async () => (await page.evaluate(() => navigator.clipboard.readText())) === `${site.url}${path()}?start=10s`);
	await page.click("video", { button: "right", position: { x: 500, y: 100 } });
	await page.getByRole("menuitem", { name: "Facts for the curious" }).click();
	assert.match(await page.textContent(".player-stats"), new RegExp(film.uuid));
	await page.click("video", { button: "right", position: { x: 500, y: 100 } });
	await page.keyboard.press("Escape");
	assert.ok(await page.locator(".player-menu").isHidden());
});

test("the menu copies the magnet link of what plays", async () => {
	await me.context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const files = (await root("GET", `/videos/${film.uuid}`)).streamingPlaylists[0].files.filter((f) => f.hasVideo);
	const copied = async (page) => {
		await page.click("video", { button: "right", position: { x: 300, y: 60 } });
		await page.getByRole("menuitem", { name: "Copy magnet link" }).click();
		return page.evaluate(() => navigator.clipboard.readText());
	};
	let page;
	for (const f of [files.at(-1), files[0]]) { // chosen before anything is loaded, for what is loaded is played first
		page = await open();
		await page.evaluate((id) => window.player.stream.choose(id), f.resolution.id);
		await page.click(".player-big");
		await plays(page);
		await until(`the link of ${f.resolution.label}`, async () => (await copied(page)) === f.magnetUri);
	}
	// In a page of another site too; once nobody is to take the video home, it is not offered.
	await page.goto(`${site.url}/videos/embed/${film.shortUUID}`);
	await page.click("button");
	await page.waitForSelector("#player.ready");
	await plays(page);
	assert.match(await copied(page), /^magnet:\?xs=.*&xt=urn:btih:[0-9a-f]{40}&dn=The\+harbour/);
	await root("PUT", `/videos/${film.uuid}`, { downloadEnabled: false });
	await open();
	await page.click("video", { button: "right", position: { x: 300, y: 60 } });
	assert.equal(await page.getByRole("menuitem").count(), 6);
	await page.keyboard.press("ArrowUp");
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keyboard");
	await root("PUT", `/videos/${film.uuid}`, { downloadEnabled: true });
});

test("a share is a clip with its code", async () => {
	const page = await open();
	await page.click("[popovertarget=share]");
	await page.fill("#share-start-at", "0:03");
	await page.fill("#share-stop-at", "7");
	assert.equal(await page.inputValue("#share-link"), `${site.url}${path()}?start=3s&stop=7s`);
	await page.locator(".share summary").first().click();
	await page.waitForFunction(() => document.getElementById("share-qr").naturalWidth > 0);
	await page.locator(".share summary").nth(1).click();
	await page.getByLabel("Repeats").check();
	assert.equal(await page.inputValue("#share-link"), `${site.url}${path()}?start=3s&stop=7s&loop=1`);
	await page.locator(".share summary").nth(2).click();
	await page.getByLabel("Link to this site").uncheck();
	const code = await page.inputValue("#share-code");
	assert.match(code, new RegExp(`^<iframe title="The harbour" width="560" height="315" src="${site.url}/videos/embed/${film.uuid}\\?loop=1&amp;peertubeLink=0&amp;start=3s&amp;stop=7s" `));
});

test("a finger jumps, swipes and shows the controls", async () => {
	const phone = await openWindow(browser, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
	const page = await open("", phone.page);
	const { x, y, width } = await page.locator("#player").boundingBox();
	await page.touchscreen.tap(x + width / 2, y + 60);
	await plays(page);
	await page.evaluate(() => document.querySelector("video").pause());
	const from = await now(page);
	await page.touchscreen.tap(x + width * 0.9, y + 60);
	await page.touchscreen.tap(x + width * 0.9, y + 60);
	await at(page, Math.min(from + 10, 20), 1);
	const cdp = await phone.context.newCDPSession(page);
	const touch = (type, px) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: px, y: y + 60 }] });
	const before = await now(page);
	await touch("touchStart", x + width * 0.8);
	for (let part = 0.75; part >= 0.3; part -= 0.05) await touch("touchMove", x + width * part);
	await touch("touchEnd");
	await page.waitForFunction((t) => document.querySelector("video").currentTime < t - 4, before);
	assert.deepEqual(phone.problems, []);
	await phone.close();
});

test("all buttons have their place on a small phone, in a playlist too", async () => {
	const { videoPlaylist: list } = await root("POST", "/video-playlists", { displayName: "Walks", privacy: 1, videoChannelId: 1 });
	for (const v of [film, second]) await root("POST", `/video-playlists/${list.uuid}/videos`, { videoId: v.id });
	const phone = await openWindow(browser, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
	for (const [width, where, least] of [[320, `/w/p/${list.shortUUID}`, 40], [360, `/w/p/${list.shortUUID}`, 40], [320, path(), 40],
		[240, `/video-playlists/embed/${list.uuid}`, 24], [200, `/videos/embed/${film.uuid}`, 24]]) {
		await phone.page.setViewportSize({ width, height: 640 });
		await phone.page.goto(site.url + where);
		if (where.includes("embed")) await phone.page.locator(".embed-play").tap();
		await phone.page.waitForSelector("#player.ready");
		await phone.page.waitForFunction(() => document.querySelector(".player-buttons"));
		const { inner, buttons } = await phone.page.evaluate(() => {
			const box = (e) => { const { left, right, width } = e.getBoundingClientRect(); return { left, right, width, label: e.ariaLabel }; };
			return { inner: box(document.querySelector("#player")), buttons: [...document.querySelectorAll(".player-buttons button")].map(box).filter((b) => b.width) };
		});
		assert.ok(buttons.length >= (where.includes("/p/") ? 7 : 5), `${where}: ${buttons.map((b) => b.label)}`);
		for (const b of buttons) {
			assert.ok(b.left >= inner.left && b.right <= inner.right, `${where} at ${width}: ${b.label} from ${b.left} to ${b.right}`);
			assert.ok(b.width >= least, `${where} at ${width}: ${b.label} is ${b.width} wide`);
		}
	}
	await phone.close();
});

test("a lost connection is said, and it goes on by itself", async () => {
	const line = await openLine(site);
	const page = me.page;
	await page.goto(line.url + path());
	await page.waitForSelector("#player.ready");
	await page.waitForLoadState("networkidle"); // the list of qualities is there
	line.set({ cut: true });
	await page.click(".player-big");
	await page.waitForSelector(".player-message:visible", { timeout: 30_000 });
	assert.match(await page.textContent(".player-message"), /connection is lost/);
	line.set({ cut: false });
	await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5, null, { timeout: 40_000 });
	assert.ok(await page.locator(".player-message").isHidden());
	line.close();
	me.problems.length = 0; // the browser tells of each failed request
});

test("what is gone is said in words", async () => {
	const page = await open();
	await page.route("**/*-fragmented.mp4*", (r) => r.fulfill({ status: 404 }));
	await page.click(".player-big");
	await page.waitForSelector(".player-message:visible", { timeout: 30_000 });
	assert.match(await page.textContent(".player-message"), /no longer there/);
	await page.unrouteAll();
	me.problems.length = 0;
});

test("the browser had nothing to complain about", () => assert.deepEqual(me.problems, []));
