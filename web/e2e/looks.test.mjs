// The two looks of the player: chosen by administrators, owners of channels and
// of videos, and seen on pages and in embeds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { logIn, openWindow, press, until } from "./person.mjs";
import { asRoot, caption, publish, spoken } from "./films.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site, browser, root, film, channel, me;

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false" });
	browser = await startBrowser();
	root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(12), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: "The harbour" });
	await caption(root, film.uuid, "en", spoken(["Good morning"]));
	channel = (await root("GET", "/users/me")).videoChannels[0].name;
	me = await openWindow(browser);
	await logIn(me.page, site, "root", rootPassword);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** What is seen of the player: its look, an icon, and the shape and colour of its parts. */
const seen = (page) => page.evaluate(() => {
	const style = (selector) => getComputedStyle(document.querySelector(selector));
	const bar = document.querySelector(".player-buttons").getBoundingClientRect(), player = document.querySelector("#player").getBoundingClientRect();
	return {
		look: ["lucide", "galaxy"].filter((c) => document.querySelector("#player").classList.contains(c)).join(),
		icon: document.querySelector(".player-buttons [data-icon=play] use").getAttribute("href").split("#")[1],
		round: parseFloat(style(".player-buttons").borderRadius) > 10,
		inset: bar.left - player.left > 3,
		big: style(".player-big .icon").fill !== "none",
	};
});
const lucide = { look: "lucide", icon: "play", round: true, inset: true, big: false };
const galaxy = { look: "galaxy", icon: "filled-play", round: false, inset: false, big: true };

async function openPlayer(path, size, options = {}) {
	const context = await browser.newContext({ viewport: size, ...options });
	const page = await context.newPage();
	await page.goto(site.url + path);
	if (path.includes("embed")) await page.click(".embed-play");
	await page.waitForSelector("#player.ready");
	await page.evaluate(() => document.querySelector("video").pause());
	await page.waitForSelector(".player-buttons [data-icon=play]");
	return page;
}
async function looks(want, name) {
	for (const path of [`/w/${film.shortUUID}`, `/videos/embed/${film.shortUUID}`]) {
		const page = await openPlayer(path, { width: 900, height: 600 });
		assert.deepEqual(await seen(page), want, `${name}: ${path}`);
		await page.context().close();
	}
}
async function save(path, choose) {
	await me.page.goto(site.url + path);
	await choose(me.page);
	await press(me.page, "main form:has([name=theme], [name=playerTheme]) button.main");
}

test("the site, the channel and the video say how the player looks", async () => {
	await looks(lucide, "at first");
	await save("/admin/settings/config/player", (page) => page.getByRole("radio", { name: /Galaxy/ }).check());
	await until("the site looks otherwise", async () => (await (await fetch(`${site.url}/api/v1/config`)).json()).defaults.player.theme === "galaxy");
	await looks(galaxy, "by the site");
	await save(`/my-library/video-channels/update/${channel}`, (page) => page.getByLabel("Look of the player").selectOption("lucide"));
	assert.deepEqual(await root("GET", `/player-settings/video-channels/${channel}?raw=true`), { theme: "lucide" });
	await until("the channel's choice is known", async () => (await root("GET", `/player-settings/videos/${film.uuid}`)).theme === "lucide");
	await looks(lucide, "by the channel");
	await save(`/videos/update/${film.shortUUID}`, (page) => page.getByLabel("Look of the player").selectOption("instance-default"));
	await looks(galaxy, "by the video, as the site");
	const got = await me.page.evaluate(async () => {
		const page = new DOMParser().parseFromString(await (await fetch("/admin/settings/config/player")).text(), "text/html");
		const form = new URLSearchParams({ csrf: page.querySelector("[name=csrf]").value, theme: "andromeda" });
		const answer = await fetch("/admin/settings/config/player", { method: "POST", body: form });
		return { status: answer.status, text: await answer.text() };
	});
	assert.equal(got.status, 400);
	assert.match(got.text, /id="error-theme"/);
});

test("both looks fit small windows, keep what is pressed in view, and are accessible", async () => {
	for (const theme of ["lucide", "galaxy"]) {
		await root("PUT", `/player-settings/videos/${film.uuid}`, { theme });
		for (const forcedColors of ["none", "active"]) {
			const page = await openPlayer(`/videos/embed/${film.shortUUID}`, { width: 320, height: 180 }, { forcedColors });
			const cut = await page.evaluate(() => [...document.querySelectorAll(".player-bar button, .player-bar input")].filter((e) => e.checkVisibility() && e.offsetWidth).filter((e) => {
				const r = e.getBoundingClientRect();
				return r.left < 0 || r.right > innerWidth || r.bottom > innerHeight || r.width < 24 || r.height < 20;
			}).map((e) => e.ariaLabel));
			assert.deepEqual(cut, [], `${theme}, ${forcedColors}`);
			await page.keyboard.press("c");
			await page.waitForSelector(".player-button[data-icon=captions][aria-pressed=true]");
			await page.evaluate(axe);
			const found = await page.evaluate(() => globalThis.axe.run(document.querySelector("#player"), { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
			assert.deepEqual(found.violations.map((v) => v.id + ": " + v.nodes[0].html), [], `${theme}, ${forcedColors}`);
			await page.context().close();
		}
	}
	for (const width of [1280, 320]) {
		await me.page.setViewportSize({ width, height: 800 });
		await me.page.goto(site.url + "/admin/settings/config/player");
		assert.ok(await me.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`);
		await me.page.evaluate(axe);
		const found = await me.page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
		assert.deepEqual(found.violations.map((v) => v.id + ": " + v.nodes[0].html), []);
	}
});
