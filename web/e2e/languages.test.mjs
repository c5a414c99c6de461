// The pages in other languages: from right to left, and with long words.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { finished, logIn, openWindow, press, uploaded } from "./person.mjs";

let site, browser, root, id;
const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	root = await openWindow(browser);
	const { page } = root;
	await logIn(page, site, "root", rootPassword);
	await page.goto(`${site.url}/videos/upload`);
	await page.setInputFiles("#upload-files", makeClip(site.dir, "a_clip.mp4", [...inputs(5, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]));
	id = (await uploaded(page, "a_clip.mp4")).split("/").pop();
	await finished(page, id);
	await page.goto(`${site.url}/videos/update/${id}`);
	await page.fill("#f-name", long);
	await page.fill("#f-description", "وصف قصير.\n\nAn English paragraph.");
	await page.selectOption("#f-privacy", "1");
	await press(page, "form[action^='/videos/update'] button.main");
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** A window of root in a language. */
async function reading (language, width) {
	const window = await openWindow(browser, { viewport: { width, height: 844 }, storageState: await root.context.storageState() });
	await window.context.addCookies([{ name: "clientLanguage", value: language, url: site.url }]);
	return window;
}

const paths = () => ["/", `/w/${id}`, `/w/${id}/comments`, `/search?search=${long.slice(0, 8)}`, "/my-account/settings", "/preferences",
	"/my-library/videos", "/my-library/video-playlists", "/my-library/history/videos", "/videos/upload", "/my-account/notifications", "/admin/overview/users", "/login"];

for (const [language, width] of [["de", 320], ["ar", 390], ["ja", 320], ["es", 320]]) {
	test(`nothing sticks out in ${language} on ${width} pixels`, async () => {
		const { page, problems, close } = await reading(language, width);
		for (const path of paths()) {
			await page.goto(site.url + path);
			const { wide, by } = await page.evaluate(() => ({
				wide: document.documentElement.scrollWidth - innerWidth,
				by: [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 80)),
			}));
			assert.ok(wide <= 0, `${path} is ${wide} pixels too wide: ${by.join("\n")}`);
			assert.equal(await page.getAttribute("html", "lang"), language, path);
		}
		assert.deepEqual(problems, []);
		await close();
	});
}

test("the menu of a comment stays on a small page", async () => {
	const { page, close } = await reading("de", 320);
	await page.goto(`${site.url}/w/${id}/comments`);
	await page.fill("main form textarea", "Ein Kommentar.");
	await page.click("main form button.main");
	await page.locator(".comment", { hasText: "Ein Kommentar." }).locator("details", { has: page.locator(".comment-acts") }).locator("summary").click();
	assert.ok(await page.locator(".comment-acts").last().isVisible());
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	await close();
});

test("Arabic pages are read from right to left, the player is not", async () => {
	const { page, problems, close } = await reading("ar", 1280);
	await page.goto(`${site.url}/w/${id}`);
	await page.locator(".player-bar button").first().waitFor({ state: "attached" });
	const sides = await page.evaluate(() => {
		const middle = (s) => { const r = document.querySelector(s).getBoundingClientRect(); return r.left + r.width / 2; };
		const paragraphs = [...document.querySelectorAll(".description p")];
		const first = (p) => { const r = document.createRange(); r.selectNodeContents(p); return r.getClientRects()[0]; };
		return {
			dir: document.documentElement.dir, brand: middle(".brand"), width: innerWidth,
			player: getComputedStyle(document.querySelector(".player-bar")).direction,
			arabic: first(paragraphs[0]).right, english: first(paragraphs[1]).left, box: document.querySelector(".description").getBoundingClientRect().toJSON(),
		};
	});
	assert.equal(sides.dir, "rtl");
	assert.equal(sides.player, "ltr");
	assert.ok(sides.brand > sides.width / 2, "the logo is at the right");
	assert.ok(Math.abs(sides.arabic - sides.box.right) < 2, "an Arabic paragraph begins at the right");
	assert.ok(sides.english < sides.box.right - 200, "an English one at the left");
	assert.match(await page.textContent("main"), /مشاهد/);
	await page.click("button[popovertarget=menu]");
	const turned = await page.evaluate(() => [...document.querySelectorAll("#menu .icon.turns")].map((i) => getComputedStyle(i).transform));
	assert.ok(turned.length > 0 && turned.every((t) => t === "matrix(-1, 0, 0, 1, 0, 0)"), `icons that point: ${turned}`);
	assert.deepEqual(problems, []);
	await close();
});

test("numbers, dates and plurals are those of the language", async () => {
	for (const [language, day] of [["de", /\d{1,2}\. \p{L}+ \d{4}/u], ["es", /\d{1,2} de \p{L}+ de \d{4}/u], ["ar", /\d{1,2} [\u0600-\u06ff]+ \d{4}/], ["ja", /\d{4}年\d{1,2}月\d{1,2}日/]]) {
		const { page, close } = await reading(language, 1280);
		await page.goto(`${site.url}/w/${id}`);
		const date = await page.locator("main time").first().evaluate((t) => `${t.title} ${t.textContent}`);
		assert.match(date, day, language);
		await close();
	}
});

test("the endpoint of clients sets the language of the pages", async () => {
	const { page, close } = await openWindow(browser);
	const answer = await page.request.post(`${site.url}/api/v1/client-config/update-interface-language`, { data: { language: "ja-JP" } });
	assert.equal(answer.status(), 204);
	await page.goto(site.url);
	assert.equal(await page.getAttribute("html", "lang"), "ja");
	assert.equal((await page.request.post(`${site.url}/api/v1/client-config/update-interface-language`, { data: { language: "none" } })).status(), 400);
	await close();
});
