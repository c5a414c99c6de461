// What somebody who is new here does from beginning to end: finds a film in
// spite of a typing error, watches it on two devices, says something, is
// answered, follows its channel, keeps a part of it and takes it elsewhere.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { inputs, makeClip, startBrowser, startSite } from "./site.mjs";
import { api, logIn, openWindow, playback, plays, press, until } from "./person.mjs";
import { asRoot, caption, publish, spoken } from "./films.mjs";
import { openMailbox } from "./mailbox.mjs";

const title = "The Internet's Own Boy", password = "a long password", address = "ada@example.org";
const from = 83, to = 107; // minutes 1:23 and 1:47

let site, browser, mailbox, root, film, clip, ada;
const path = () => `/w/${film.shortUUID}`;

before(async () => {
	mailbox = await openMailbox();
	site = await startSite({
		...mailbox.env, SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false",
		SEPIOLA_SIGNUP_REQUIRES_EMAIL_VERIFICATION: "false", SEPIOLA_VIEWS_VIDEOS_WATCHING_INTERVAL_USERS: "1s",
	});
	browser = await startBrowser();
	root = await asRoot(site);
	clip = makeClip(site.dir, "film.mp4", [...inputs(120, "320x180"), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "150k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	film = await publish(root, site, clip, { name: title, description: "A life, told at 0:30.", tags: ["internet", "freedom"], language: "en" }, 1);
	for (const name of ["The harbour", "Own goals", "Boys at sea"]) await publish(root, site, clip, { name }, 1);
	await caption(root, film.uuid, "en", spoken(["Good evening", "He learned to read early", "and asked why"]));
	await root("PUT", `/videos/${film.uuid}/chapters`, { chapters: [{ timecode: 0, title: "Childhood" }, { timecode: 60, title: "The library" }] });
	await until("the storyboard", async () => (await root("GET", `/videos/${film.uuid}/storyboards`)).storyboards.length > 0);
	ada = await openWindow(browser);
});
after(async () => {
	await browser?.close();
	await site?.remove();
	mailbox?.close();
});

const ready = (page) => page.waitForSelector("#player.ready");
const at = (page, second, slack = 1.5) => page.waitForFunction(([s, d]) => Math.abs(document.querySelector("video").currentTime - s) < d, [second, slack]);
async function play(page) {
	await ready(page);
	if ((await playback(page)).paused) await page.click(".player-big");
	await plays(page);
}

test("the film is found in spite of a typing error", async () => {
	const { page } = ada;
	await page.goto(site.url);
	await page.fill("#search", "Iinternet own boy");
	await page.locator("#search").press("Enter");
	const first = page.locator("#list .card h3 a").first();
	assert.equal(await first.textContent(), title);
	assert.match(await page.textContent("main [role=status]:not([data-none])"), /Showing results for/);
	await first.click();
	await page.waitForURL(`**${path()}`);
	assert.equal(await page.textContent("h1"), title);
});

test("chapters, captions, the transcript and the storyboard are there", async () => {
	const { page } = ada;
	await ready(page);
	assert.equal(await page.locator(".player-marks span").count(), 1);
	assert.match(await page.textContent("#chapters"), /Childhood.*The library/s);
	await page.locator("h1").click();
	await page.keyboard.press("c");
	await page.click("#transcript summary");
	await page.fill("#transcript-search", "read early");
	await page.locator("#transcript-lines li:visible a").first().click();
	await at(page, 2);
	await page.waitForFunction(() => document.querySelector(".player-captions").textContent === "He learned to read early");
	await page.evaluate(() => document.querySelector("video").pause());
	const bar = page.locator(".player-seek input");
	await bar.hover({ position: { x: (await bar.boundingBox()).width * 0.75, y: 10 } });
	const preview = await page.evaluate(() => ({ text: document.querySelector(".player-preview").textContent, picture: getComputedStyle(document.querySelector(".player-preview div")).backgroundImage }));
	assert.match(preview.text, /^The library1:(29|30|31)$/);
	assert.equal((await page.request.get(/url\("(.*)"\)/.exec(preview.picture)[1])).status(), 200);
});

test("she signs up, and wants letters of new videos", async () => {
	const { page } = ada;
	await page.goto(`${site.url}/signup`);
	for (const [field, value] of Object.entries({ username: "ada", email: address, password })) await page.fill(`#f-${field}`, value);
	await page.check("#f-agree");
	await press(page, "main form button");
	await page.goto(`${site.url}/my-account/notifications/settings`);
	await page.check("input[name='mail.newVideoFromSubscription']");
	await press(page, "main form[action$='/settings'] button");
	assert.ok(await page.isChecked("input[name='mail.newVideoFromSubscription']"));
});

test("she subscribes, and the next video is in her feed", async () => {
	const { page } = ada;
	await page.goto(site.url + path());
	await page.click("form.subscribe .when-off");
	await page.locator("form.subscribe .when-on").waitFor({ state: "visible" });
	await publish(root, site, clip, { name: "A new film of the channel" }, 1);
	await until("the feed has it", async () => {
		await page.goto(`${site.url}/videos/subscriptions`);
		return (await page.locator("#list .card h3").first().textContent()) === "A new film of the channel";
	});
	await until("the bell has it", async () => (await api(page, "/users/me/notifications")).data.some((n) => n.type === 1 && n.video.name === "A new film of the channel"));
});

test("she goes on where she stopped, on another device", async () => {
	await ada.page.goto(`${site.url}${path()}?start=40s`);
	await play(ada.page);
	await ada.page.waitForFunction(() => document.querySelector("video").currentTime > 43);
	await ada.page.goto(`${site.url}/about`);
	const phone = await openWindow(browser, { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
	await logIn(phone.page, site, "ada", password);
	await until("the place is known", async () => (await api(phone.page, `/videos/${film.uuid}`)).userHistory?.currentTime >= 42);
	await phone.page.goto(site.url + path());
	await play(phone.page);
	const { at: second } = await playback(phone.page);
	assert.ok(second >= 42 && second < 55, `it went on at ${second}`);
	assert.deepEqual(phone.problems, []);
	await phone.close();
});

test("she likes it, and the time in her comment jumps", async () => {
	const { page } = ada;
	await page.goto(site.url + path());
	await ready(page);
	await page.click("#rating [data-key='L']");
	await page.locator("#rating [data-key='L'][aria-pressed='true']").waitFor();
	await page.locator("#comments").scrollIntoViewIfNeeded();
	await page.locator("#comments[data-loaded]").waitFor({ state: "attached" });
	await page.fill("#text-0", "The best is at 1:23!");
	await page.click(".comment-form button.main");
	await page.locator(".comment-text a[data-seek='83']").click();
	await at(page, from, 3);
	assert.equal((await api(page, `/videos/${film.uuid}`)).likes, 1);
});

test("she hears of the answer", async () => {
	const { page } = ada;
	const { data: [thread] } = await root("GET", `/videos/${film.uuid}/comment-threads`);
	await page.goto(`${site.url}/about`);
	const before = (await api(page, "/users/me/notifications?unread=true")).total;
	await root("POST", `/videos/${film.uuid}/comments/${thread.id}`, { text: "Yes, every time." });
	await until("the bell counts it", async () => Number(await page.textContent(".bell-count")) === before + 1);
	await page.click("#bell");
	await page.locator("#bell-list").waitFor({ state: "visible" });
	await page.locator("#bell-list a").first().click();
	await page.waitForURL((u) => u.pathname.startsWith(path()));
	await page.locator(".comment.lit", { hasText: "Yes, every time." }).waitFor();
});

test("she keeps minutes 1:23 to 1:47 in a playlist, which plays just them", async () => {
	const { page } = ada;
	await page.goto(site.url + path());
	await page.click("#actions a[data-dialog]");
	await page.fill("dialog #f-newName", "Best of");
	await page.click("dialog summary");
	await page.fill("dialog #save-start", "1:23");
	await page.fill("dialog #save-stop", "1:47");
	await page.click("dialog button.main");
	await page.waitForSelector(".toast");
	const list = (await api(page, "/accounts/ada/video-playlists")).data.find((l) => l.displayName === "Best of");
	const [element] = (await api(page, `/video-playlists/${list.uuid}/videos`)).data;
	assert.deepEqual([element.startTimestamp, element.stopTimestamp], [from, to]);
	await page.goto(`${site.url}/w/p/${list.shortUUID}`);
	await play(page);
	await at(page, from, 4);
	await page.evaluate((s) => { document.querySelector("video").currentTime = s; }, to - 1);
	await page.waitForFunction((s) => { const v = document.querySelector("video"); return v.paused && v.currentTime >= s; }, to);
	assert.ok((await playback(page)).at < to + 1);
});

test("she shares just that part, and a stranger sees it", async () => {
	const { page } = ada;
	await page.goto(site.url + path());
	await ready(page);
	await page.click("[popovertarget=share]");
	await page.fill("#share-start-at", "1:23");
	await page.fill("#share-stop-at", "1:47");
	const link = await page.inputValue("#share-link");
	assert.equal(link, `${site.url}${path()}?start=1m23s&stop=1m47s`);
	const stranger = await openWindow(browser);
	await stranger.page.goto(link);
	await play(stranger.page);
	await at(stranger.page, from, 4);
	assert.deepEqual(stranger.problems, []);
	await stranger.close();

	await page.locator(".share summary").nth(1).click();
	const code = await page.inputValue("#share-code");
	assert.match(code, /start=1m23s&amp;stop=1m47s/);
	const blog = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(`<!doctype html><title>A blog</title>${code}`));
	await new Promise((done) => blog.listen(0, "127.0.0.1", done));
	const reader = await openWindow(browser);
	await reader.page.goto(`http://127.0.0.1:${blog.address().port}/`);
	const frame = reader.page.frameLocator("iframe");
	await frame.getByRole("button", { name: /play/i }).first().click();
	await until("the embed plays the part", () => frame.locator("video").evaluate((v, s) => v.currentTime > s && v.currentTime < s + 10 && v.getVideoPlaybackQuality().totalVideoFrames > 0, from));
	await reader.close();
	blog.close();
});

test("programs that read feeds and play podcasts find it", async () => {
	const { page } = ada;
	await page.goto(site.url + path());
	const feed = await page.getAttribute("link[rel=alternate][type='application/rss+xml']", "href");
	const rss = await (await page.request.get(new URL(feed, site.url).href)).text();
	assert.match(rss, /<title>The Internet(&#39;|&apos;|')s Own Boy<\/title>/);
	const podcast = await (await page.request.get(`${site.url}/feeds/podcast/videos.xml?videoChannelId=1`)).text();
	const episode = podcast.split("<item>").find((i) => i.includes("Own Boy"));
	const chapters = await page.request.get(/<podcast:chapters[^>]* url="([^"]+)"/.exec(episode)[1].replaceAll("&amp;", "&"));
	assert.deepEqual((await chapters.json()).chapters.map((c) => c.title), ["Childhood", "The library"]);
	const transcript = await page.request.get(/<podcast:transcript[^>]* url="([^"]+)"/.exec(episode)[1].replaceAll("&amp;", "&"));
	assert.match(await transcript.text(), /He learned to read early/);
	const enclosure = /<enclosure[^>]*>/.exec(episode)[0];
	const file = await page.request.get(/url="([^"]+)"/.exec(enclosure)[1].replaceAll("&amp;", "&"), { headers: { Range: "bytes=0-99" }, maxRedirects: 3 });
	assert.ok([200, 206].includes(file.status()), `${enclosure}: ${file.status()}`);
});

test("the letter of the new video comes", async () => {
	// Letters wait a little, so that much at once becomes one.
	const letter = await until("the letter", () => mailbox.letters.find((l) => l.to === address && /A new film of the channel/.test(l.text)), { timeout: 150_000, every: 500 });
	assert.ok(letter.links.some((l) => l.startsWith(`${site.url}/`)), letter.text);
	assert.deepEqual(ada.problems, []);
});
