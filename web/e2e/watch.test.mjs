// The page around the player: what people read there with and without scripts,
// what other sites find, playlists, and how soon it is there.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { openWindow, plays, until } from "./person.mjs";
import { asRoot, caption, publish, spoken } from "./films.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let site, browser, me, root, film, other, violent, clip;
const short = (v) => `/w/${v.shortUUID}`;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_INSTANCE_DEFAULT_NSFW_POLICY: "warn" });
	browser = await startBrowser();
	root = await asRoot(site);
	clip = makeClip(site.dir, "film.mp4", [...inputs(12), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "300k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, {
		name: "The <b>harbour</b>", description: `Birds at 0:08. ${"A long walk. ".repeat(120)}`, support: "Send *coins*.", licence: 2, category: 15, language: "en",
		tags: ["sea", "birds & co"], originallyPublishedAt: "2001-02-03T00:00:00.000Z",
	}, 1);
	other = await publish(root, site, clip, { name: "The meadow" }, 1);
	violent = await publish(root, site, clip, { name: "A fight", nsfw: true, nsfwFlags: 1, nsfwSummary: "Two people hit each other." }, 1);
	await caption(root, film.uuid, "en", spoken(["Good morning", "The gulls"]));
	await root("PUT", `/videos/${film.uuid}/chapters`, { chapters: [{ timecode: 0, title: "Arrival" }, { timecode: 6, title: "Birds" }] });
	me = await openWindow(browser);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

async function open(path, page = me.page) {
	await page.goto(site.url + path);
	await page.waitForSelector("#player.ready");
	return page;
}

test("without scripts everything is there to read, and links lead to times and texts", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = plain;
	await page.goto(`${site.url}${short(film)}?start=2s&subtitle=en`);
	assert.equal(await page.textContent("h1"), "The <b>harbour</b>");
	assert.equal(await page.getAttribute("track[default]", "srclang"), "en");
	assert.deepEqual(await page.locator(".chapters a").evaluateAll((all) => all.map((a) => a.getAttribute("href"))), ["?start=0s", "?start=6s"]);
	assert.equal(await page.getAttribute("#description a[data-seek]", "href"), "?start=8s");
	await page.click("#transcript summary");
	const text = await page.request.get(new URL(await page.getAttribute(".transcript-files a", "href"), site.url).href);
	assert.match(await text.text(), /The gulls/);
	assert.ok(await page.locator(".transcript-tools").isHidden(), "what needs scripts is not shown");
	const facts = await page.textContent("dl.details");
	for (const part of ["Public", "Science & Technology", "Share Alike", "English", "sea", "birds & co", "2001", "Open"]) assert.ok(facts.includes(part), part);
	for (const name of ["tagsOneOf=birds+%26+co", "category=15", "language=en", "licence=2"]) {
		const link = page.locator(`dl.details a[href*="${name}"]`);
		assert.equal(await link.count(), 1, name);
		assert.equal((await page.request.get(new URL(await link.getAttribute("href"), site.url).href)).status(), 200);
	}
	await page.click("[popovertarget=support]");
	assert.equal(await page.textContent("#support em"), "coins");
	await page.click("#support .button");
	await page.click("[popovertarget=share]");
	assert.equal(await page.inputValue("#share-link"), site.url + short(film));
	assert.match(await page.inputValue("#share-code"), new RegExp(`src="${site.url}/videos/embed/${film.uuid}"`));
	await page.locator(".share summary").first().click();
	await page.waitForFunction(() => document.getElementById("share-qr").naturalWidth > 0).catch(() => {}); // Chromium runs this in its own world
	assert.equal((await page.request.get(site.url + short(film) + "/qr.svg")).headers()["content-type"], "image/svg+xml");
	assert.deepEqual(plain.problems, []);
	await plain.close();
});

test("what is chosen in the share dialog is in the link, the code for phones and the embed", async () => {
	const page = await open(short(film));
	await page.click("[popovertarget=share]");
	await page.locator(".share summary", { hasText: "How it plays" }).click();
	await page.getByLabel("Plays by itself").check();
	await page.getByLabel("Without sound").check();
	assert.equal(await page.inputValue("#share-link"), `${site.url}${short(film)}?autoplay=1&muted=1`);
	assert.match(await page.getAttribute("#share-qr", "src"), /qr\.svg\?autoplay=1&muted=1$/);
	assert.match(await page.inputValue("#share-code"), /embed\/[^?]+\?autoplay=1&amp;muted=1"/);
	await page.locator(".share summary", { hasText: "Put into another page" }).click();
	await page.locator("[data-option=title]").uncheck();
	assert.equal(await page.inputValue("#share-link"), `${site.url}${short(film)}?autoplay=1&muted=1`, "the title is the embed's");
	assert.match(await page.inputValue("#share-code"), /muted=1&amp;title=0"/);
	await page.goto(`${site.url}${short(film)}?autoplay=1&muted=1`);
	await page.waitForFunction(() => document.querySelector("#player video")?.currentTime > 0);
});

test("files are taken home from the download dialog", async () => {
	const page = await open(short(film));
	await page.click("[popovertarget=download]");
	const links = await page.locator("#download a").evaluateAll((all) => all.map((a) => [a.textContent.trim().replace(/\s+/g, " "), a.href]));
	for (const [name, href] of links) {
		const got = await page.request.get(href, { headers: { Range: "bytes=0-99" } });
		assert.ok([200, 206].includes(got.status()), `${name}: ${got.status()} ${href}`);
	}
	const names = links.map(([name]) => name).join(" | ");
	for (const part of ["360p", "English", "Technical data"]) assert.ok(names.includes(part), `${part} is in ${names}`);
});

test("other sites find what they need", async () => {
	const page = await open(short(film));
	const head = await page.evaluate(() => ({
		meta: Object.fromEntries([...document.querySelectorAll("meta[property], meta[name]")].map((m) => [m.getAttribute("property") ?? m.name, m.content])),
		links: [...document.querySelectorAll("link[rel=alternate]")].map((l) => [l.type, l.getAttribute("href")]),
		canonical: document.querySelector("link[rel=canonical]").href,
		data: JSON.parse(document.getElementById("video-object").textContent),
	}));
	const embed = `${site.url}/videos/embed/${film.uuid}`;
	assert.equal(head.canonical, site.url + short(film));
	assert.equal(head.meta["og:title"], "The <b>harbour</b>");
	assert.equal(head.meta["og:video:url"], embed);
	assert.equal(head.meta["twitter:card"], "player");
	assert.equal(head.meta["twitter:player"], embed);
	assert.ok(head.links.some(([type, href]) => type === "application/json+oembed" && href === `${site.url}/services/oembed?url=${encodeURIComponent(site.url + short(film))}`), JSON.stringify(head.links));
	assert.ok(head.links.some(([type, href]) => type === "application/rss+xml" && /feeds\/videos\.xml\?videoChannelId=1$/.test(href)));
	assert.equal(head.data["@type"], "VideoObject");
	assert.equal(head.data.embedUrl, embed);
	assert.deepEqual(head.data.hasPart.map((c) => [c.name, c.startOffset]), [["Arrival", 0], ["Birds", 6]]);
});

test("a sensitive video says what it shows before it plays", async () => {
	const { page } = me;
	await page.goto(site.url + short(violent) + "?start=3s");
	assert.equal(await page.locator("video").count(), 0);
	const text = await page.textContent(".warned");
	assert.match(text, /Two people hit each other\./);
	assert.match(text, /violence/);
	await page.click(".warned a.button");
	await page.waitForSelector("#player.ready");
	assert.equal(new URL(page.url()).searchParams.get("start"), "3s", "the rest of the address is kept");
});

test("long descriptions open, also to the keyboard", async () => {
	const page = await open(short(film));
	assert.ok(await page.evaluate(() => document.getElementById("description").classList.contains("short")));
	await page.click("text=Show more");
	assert.ok(await page.evaluate(() => !document.getElementById("description").classList.contains("short")));
	assert.equal(await page.getAttribute("button.more", "aria-expanded"), "true");
});

test("a playlist is played beside its list, with the times of its elements", async () => {
	const { videoPlaylist } = await (async () => {
		const form = new FormData();
		for (const [k, v] of Object.entries({ displayName: "Sunday", privacy: 1, videoChannelId: 1 })) form.append(k, String(v));
		return root("POST", "/video-playlists", form);
	})();
	await root("POST", `/video-playlists/${videoPlaylist.uuid}/videos`, { videoId: film.id, startTimestamp: 2, stopTimestamp: 4 });
	await root("POST", `/video-playlists/${videoPlaylist.uuid}/videos`, { videoId: other.id });
	const list = `/w/p/${videoPlaylist.shortUUID}`;
	const page = await open(list);
	assert.match(await page.textContent("#playlist"), /Sunday.*1 of 2/s);
	assert.equal(await page.textContent("h1"), "The <b>harbour</b>");
	assert.match(await page.textContent("#playlist [aria-current]"), /harbour.*/s);
	await page.click(".player-big");
	await page.waitForSelector(".player-next:visible");
	assert.ok(await page.evaluate(() => document.querySelector("video").currentTime) < 5, "it stops where the element ends");
	await page.waitForURL(`**${list}?playlistPosition=2`);
	await page.waitForSelector("#player.ready");
	assert.equal(await page.textContent("h1"), "The meadow");
	await plays(page);
	await page.evaluate(() => document.activeElement?.blur());
	await Promise.all([page.waitForURL(`**${list}?playlistPosition=1`), page.keyboard.press("Shift+P")]);
	await open(`${list}?playlistPosition=last`);
	assert.equal(await page.textContent("h1"), "The meadow");
	await page.click("#playlist-loop");
	assert.equal(await page.getAttribute("#playlist-loop", "aria-pressed"), "true");
	await Promise.all([page.waitForURL(`**${list}?playlistPosition=1`), page.click(".player-button[title='Next video']")]);
	await page.click("[popovertarget=share]");
	await page.check("#share-playlist");
	assert.equal(await page.inputValue("#share-link"), `${site.url}${list}?playlistPosition=1`);
	await page.evaluate(() => { localStorage.clear(); document.querySelector("video").pause(); });
});

for (const width of [320, 360, 1280]) {
	test(`the page has no barrier at ${width} px, with all of it open`, async () => {
		const { page } = me;
		await page.setViewportSize({ width, height: 800 });
		for (const colorScheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await open(short(film));
			await page.click("#transcript summary");
			await page.waitForFunction(() => document.querySelectorAll("#transcript-lines li").length === 2);
			const found = [];
			const look = async (what) => {
				await page.evaluate(axe);
				const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
				found.push(...violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${what} (${colorScheme}): ${v.id} ${v.nodes.map((n) => n.target).join(", ")}`));
			};
			await look("transcript");
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
			for (const opener of [".player-button[title=Settings]", "[popovertarget=share]", "[popovertarget=download]"]) {
				await page.click(opener);
				await page.evaluate(() => { for (const d of document.querySelectorAll(".share details, .player-settings details")) d.open = true; });
				await look(opener);
				assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, opener);
				await page.keyboard.press("Escape");
			}
			await page.evaluate(() => document.activeElement?.blur());
			await page.keyboard.press("?");
			await look("keys");
			await page.keyboard.press("Escape");
			assert.deepEqual(found, []);
		}
		await page.setViewportSize({ width: 1280, height: 800 });
	});
}

test("the first paint and the first picture come soon (told, and judged with patience)", async (t) => {
	const times = [];
	for (let i = 0; i < 5; i++) {
		const reader = await openWindow(browser);
		await open(short(film), reader.page);
		times.push(await reader.page.evaluate(() => new Promise((done) => {
			const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
			const ready = performance.now();
			const video = document.querySelector("video");
			video.requestVideoFrameCallback(() => done({ paint: Math.round(paint), ready: Math.round(ready), picture: Math.round(performance.now() - ready) }));
			document.querySelector(".player-big").click();
		})));
		await reader.close();
	}
	for (const time of times) t.diagnostic(JSON.stringify(time));
	const middle = (name) => times.map((x) => x[name]).sort((a, b) => a - b)[2];
	assert.ok(middle("paint") > 0 && middle("paint") < 2500, `first contentful paint after ${middle("paint")} ms`);
	assert.ok(middle("picture") < 4000, `first picture ${middle("picture")} ms after the click`);
});

test("what is typed with an input method is suggested for when it is composed", async () => {
	const { page, context } = await openWindow(browser);
	await page.goto(site.url);
	const asked = [];
	page.on("request", (r) => { if (r.url().includes("/search/suggest")) asked.push(new URL(r.url()).searchParams.get("q")); });
	const cdp = await context.newCDPSession(page);
	const compose = (text) => cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
	const list = page.locator("#suggestions");
	await page.focus("#search");
	await compose("かも");
	await compose("かもめ");
	await page.waitForTimeout(400);
	assert.deepEqual(asked, [], "the input method has its own list while it composes");
	await cdp.send("Input.insertText", { text: "鴎と海" });
	await until("it is asked for what was chosen", () => asked.includes("鴎と海"));
	assert.equal(await page.inputValue("#search"), "鴎と海");
	await page.fill("#search", "");
	await compose("meado");
	await cdp.send("Input.insertText", { text: "meadow" });
	await list.getByText("The meadow").waitFor();
	await page.fill("#search", "");
	await compose("바다");
	await until("of Hangul it is asked for the syllable that is not ended", () => asked.includes("바다"));
	await context.close();
});

test("the browser had nothing to complain about", () => assert.deepEqual(me.problems, []));
