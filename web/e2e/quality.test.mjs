// What every page owes its readers: no barrier, no overflow, no complaint of
// the browser, little to load, and their language.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, press, uploaded } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let site, browser, root, stranger, watch;
const pages = { stranger: { home: "/", login: "/login", signup: "/signup", about: "/about", nothing: "/no-such-page" }, root: {} };

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	[root, stranger] = [await openWindow(browser), await openWindow(browser)];
	await logIn(root.page, site, "root", rootPassword);
	const clip = makeClip(site.dir, "a_rather_long_name_of_a_video_that_does_not_fit_into_one_line_of_a_card.mp4", [...inputs(3, "854x480"),
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "600k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	await root.page.goto(`${site.url}/videos/upload`);
	await root.page.setInputFiles("#upload-files", clip);
	watch = await uploaded(root.page, "a_rather_long");
	const v = await finished(root.page, watch.slice(3), 2);
	Object.assign(pages.stranger, { watch, channel: `/c/${v.channel.name}`, account: `/a/${v.account.name}` });
	Object.assign(pages.root, {
		watch, upload: "/videos/upload", "my videos": "/my-library/videos", edit: `/videos/update/${watch.slice(3)}`, channels: "/my-library/video-channels",
		settings: "/my-account", "two-factor": "/my-account/two-factor-auth", sessions: "/my-account/sessions",
		users: "/admin/overview/users", "new user": "/admin/overview/users/create", registrations: "/admin/moderation/registrations/list", jobs: "/admin/system/jobs",
		"all comments": "/admin/overview/comments", "report form": `${watch}/report`, reports: "/admin/moderation/abuses/list", report: "/admin/moderation/abuses/1",
	});
	await root.page.goto(`${site.url}${watch}/report`);
	await root.page.fill("#f-reason", "It is about nothing");
	await press(root.page, ".abuse-form button.main");
	await api(root.page, "/users/me");
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** Visits all pages as a stranger and as the administrator. */
async function everywhere(visit) {
	for (const [who, { page }] of [["stranger", stranger], ["root", root]]) {
		for (const [name, path] of Object.entries(pages[who])) {
			await page.goto(site.url + path);
			if (name === "watch") await page.waitForSelector("#player.ready");
			await visit(page, `${name} (${who})`);
		}
	}
}

/** The findings of axe on a page that keep people out. */
async function barriers(page) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
	return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join("; ")}`);
}

for (const colorScheme of ["light", "dark"]) {
	for (const width of [360, 1280]) {
		test(`no page has a barrier (${colorScheme}, ${width} px)`, async () => {
			const bad = [];
			for (const { page } of [stranger, root]) {
				await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
				await page.setViewportSize({ width, height: 800 });
			}
			await everywhere(async (page, name) => bad.push(...(await barriers(page)).map((b) => `${name}: ${b}`)));
			assert.deepEqual(bad, []);
		});
	}
}

test("open menus and dialogs have no barrier", async () => {
	const { page } = root;
	await page.goto(site.url + watch);
	await page.waitForSelector("#player.ready");
	for (const opener of ["[popovertarget=menu]", "[popovertarget=share]", "[popovertarget=download]", ".player-button[title=Settings]"]) {
		await page.click(opener);
		assert.deepEqual(await barriers(page), [], opener);
		await page.keyboard.press("Escape");
	}
});

test("no page is wider than a window of 320 px", async () => {
	for (const { page } of [stranger, root]) await page.setViewportSize({ width: 320, height: 640 });
	const wide = [];
	await everywhere(async (page, name) => {
		const width = await page.evaluate(() => document.documentElement.scrollWidth);
		if (width > 320) wide.push(`${name}: ${width} px`);
	});
	assert.deepEqual(wide, []);
	for (const { page } of [stranger, root]) await page.setViewportSize({ width: 1280, height: 800 });
});

test("in a window of 320 px the search takes the row while somebody types, and says nothing by half", async () => {
	const state = (page) => page.evaluate(() => {
		const field = document.querySelector("#search"), style = getComputedStyle(field);
		const pen = document.createElement("canvas").getContext("2d");
		pen.font = style.font;
		const hint = getComputedStyle(field, "::placeholder").color.endsWith(", 0)") ? 0 : pen.measureText(field.placeholder).width;
		return { wide: field.offsetWidth > 270, whole: hint <= field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight), focus: document.activeElement.id || document.activeElement.ariaLabel };
	});
	for (const locale of ["en", "de", "es", "fr", "ar", "ja"]) {
		const { page, close } = await openWindow(browser, { locale, viewport: { width: 320, height: 640 }, hasTouch: true, storageState: locale === "fr" ? undefined : await root.context.storageState() });
		await page.goto(`${site.url}/about`);
		assert.deepEqual(await state(page), { wide: false, whole: true, focus: null }, locale);
		const press = async () => {
			const box = await page.locator(".search button").boundingBox();
			await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
		};
		await press();
		assert.deepEqual(await state(page), { wide: true, whole: true, focus: "search" }, `${locale}, opened by its glass`);
		await page.keyboard.press("Tab");
		assert.equal((await state(page)).wide, true, "at its button");
		await page.keyboard.press("Tab");
		assert.equal((await state(page)).wide, false, "behind it");
		assert.equal(await page.evaluate(() => !!document.activeElement.closest(".top nav")), true);
		await page.focus("#search");
		await page.keyboard.type("long");
		await Promise.all([page.waitForURL(/\/search\?search=long/), press()]);
		await close();
	}
});

test("the whole of a page is reached with the keyboard, and the focus is seen", async () => {
	const { page } = stranger;
	await page.goto(site.url);
	await page.keyboard.press("Tab");
	assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
	const seen = new Set();
	for (let i = 0; i < 40; i++) {
		await page.keyboard.press("Tab");
		const at = await page.evaluate(() => {
			const e = document.activeElement;
			const s = getComputedStyle(e);
			const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
			return e === document.body ? null : { what: e.id || e.getAttribute("href") || e.textContent.trim(), ring };
		});
		if (!at) break;
		assert.ok(at.ring, `the focus on ${at.what} is not seen`);
		seen.add(at.what);
	}
	for (const what of ["search", "/login", watch, "foot-language", "foot-theme"]) assert.ok(seen.has(what), `${what} is not reached: ${[...seen].join(", ")}`);
});

test("pages in French are French", async () => {
	const reader = await openWindow(browser, { locale: "fr-FR" });
	for (const [path, words] of [["/", "Vidéos"], ["/login", "Se connecter"], ["/signup", "Créer un compte"]]) {
		await reader.page.goto(site.url + path);
		assert.equal(await reader.page.getAttribute("html", "lang"), "fr");
		assert.match(await reader.page.textContent("main"), new RegExp(words), path);
	}
	assert.deepEqual(reader.problems, []);
	await reader.close();
});

/** The bytes that a page loads, as they travel, by kind. */
async function weigh(path, act) {
	const reader = await openWindow(browser);
	const cdp = await reader.context.newCDPSession(reader.page);
	await cdp.send("Network.enable");
	const kinds = new Map(), bytes = { Document: 0, Stylesheet: 0, Script: 0 };
	cdp.on("Network.responseReceived", (e) => kinds.set(e.requestId, { type: e.type, url: e.response.url, encoding: e.response.headers["content-encoding"] ?? e.response.headers["Content-Encoding"] }));
	const scripts = {};
	cdp.on("Network.loadingFinished", (e) => {
		const k = kinds.get(e.requestId);
		if (!(k?.type in bytes)) return;
		assert.ok(k.encoding, `${k.url} travels uncompressed`);
		bytes[k.type] += e.encodedDataLength;
		if (k.type === "Script") scripts[k.url.split("/").pop()] = e.encodedDataLength;
	});
	await reader.page.goto(site.url + path, { waitUntil: "networkidle" });
	await act?.(reader.page);
	await reader.close();
	return { ...bytes, all: bytes.Document + bytes.Stylesheet + bytes.Script, scripts };
}

/**
 * Those scripts of a page that are the player's: the ones with its names, and the
 * pieces that only these import, which embeds share.
 */
function playersScripts(all) {
	const imports = (name) => readFileSync(join(import.meta.dirname, "../../internal/server/web/assets/dist", name), "utf8").match(/chunk-\w+\.js/g) ?? [];
	const named = all.filter((name) => /^(hls|controls|p2p)/.test(name));
	const others = new Set(all.filter((name) => !named.includes(name) && !name.startsWith("chunk-")).flatMap(imports));
	return new Set([...named, ...named.flatMap(imports).filter((name) => !others.has(name))]);
}

test("pages are light", async (t) => {
	const home = await weigh("/");
	t.diagnostic(`home: ${JSON.stringify(home)}`);
	assert.ok(home.all < 40_000, `home weighs ${home.all} bytes`);

	const page = await weigh(watch, (p) => p.waitForSelector("#player.ready"));
	t.diagnostic(`watch: ${JSON.stringify(page)}`);
	const ofPlayer = playersScripts(Object.keys(page.scripts));
	const player = Object.entries(page.scripts).filter(([name]) => ofPlayer.has(name)).reduce((sum, [, n]) => sum + n, 0);
	t.diagnostic(`of it the player: ${player}`);
	assert.ok(player > 0, "the player's scripts are known by their names");
	assert.ok(page.all - player < 50_000, `the watch page without player weighs ${page.all - player} bytes`);
	assert.ok(player < 250_000, `the player weighs ${player} bytes`);
	assert.ok(page.all < 300_000, `the watch page weighs ${page.all} bytes`);
});

test("the first picture comes (its time is told, not judged)", async (t) => {
	const times = [];
	for (let i = 0; i < 3; i++) {
		const reader = await openWindow(browser);
		await reader.page.goto(site.url + watch);
		await reader.page.waitForSelector("#player.ready");
		times.push(await reader.page.evaluate(() => new Promise((done) => {
			const video = document.querySelector("video");
			const ready = performance.now(), clicked = ready;
			video.requestVideoFrameCallback(() => done({ ready: Math.round(ready), frame: Math.round(performance.now() - clicked) }));
			document.querySelector(".player-big").click();
		})));
		await reader.close();
	}
	for (const { ready, frame } of times) {
		assert.ok(frame >= 0);
		t.diagnostic(`player ready ${ready} ms after the request, first picture ${frame} ms after the click`);
	}
});

test("the browser had nothing to complain about", () => {
	assert.deepEqual([...stranger.problems, ...root.problems].filter((p) => !/status of 404 .*no-such-page/.test(p)), []);
});
