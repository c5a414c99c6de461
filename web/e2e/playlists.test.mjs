// Playlists: saved to from anywhere, put in order by dragging and by keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { brokenWords, logIn, openWindow, until } from "./person.mjs";
import { asRoot, publish } from "./films.mjs";

let site, browser, me, root;
const films = [];

before(async () => {
	site = await startSite({ SEPIOLA_DEFAULTS_PLAYER_AUTO_PLAY: "false", SEPIOLA_WEBRTC_STUN_SERVERS: "[]" });
	browser = await startBrowser();
	root = await asRoot(site);
	const clip = makeClip(site.dir, "film.mp4", [...inputs(4), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	for (const name of ["First", "Second", "Third"]) films.push(await publish(root, site, clip, { name }, 1));
	me = await openWindow(browser);
	await logIn(me.page, site, "root", rootPassword);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

const elements = async () => {
	const { data } = await root("GET", "/accounts/root/video-playlists");
	const list = data.find((l) => l.displayName === "Best of");
	return list ? (await root("GET", `/video-playlists/${list.uuid}/videos`)).data : [];
};
const order = async () => (await elements()).map((e) => e.video.name);

async function ordered(...names) {
	const end = Date.now() + 15_000;
	while (String(await order()) !== String(names)) {
		assert.ok(Date.now() < end, `the order is ${await order()}, not ${names}`);
		await new Promise((r) => setTimeout(r, 100));
	}
}

test("a video is saved from a card in a dialog, and from the watch page with a part", async () => {
	const { page } = me;
	await page.goto(site.url);
	const card = page.locator(".card", { hasText: "First" });
	await card.hover();
	await card.locator(".card-save").click();
	await page.fill("dialog #f-newName", "Best of");
	await page.click("dialog button.main");
	await page.waitForSelector(".toast");
	assert.equal(await page.locator("dialog[open]").count(), 0);
	await ordered("First");

	await page.goto(`${site.url}/w/${films[1].shortUUID}`);
	await page.click("#actions a[data-dialog]");
	await page.locator("dialog .save-list", { hasText: "Best of" }).click();
	await page.click("dialog summary");
	await page.fill("dialog #save-start", "0:03");
	await page.fill("dialog #save-stop", "0:01");
	await page.click("dialog button.main");
	await page.waitForSelector("dialog .mistake");
	await page.fill("dialog #save-stop", "0:04");
	await page.click("dialog button.main");
	await page.waitForSelector(".toast");
	await ordered("First", "Second");
	const [, second] = await elements();
	assert.deepEqual([second.startTimestamp, second.stopTimestamp], [3, 4]);
	// Chromium tells of the answer to the wrong time, and of nothing else.
	assert.deepEqual(me.problems.splice(0).map((p) => /status of 400/.test(p)), [true]);
});

test("one press on a card keeps a video for later, another no longer", async () => {
	const { page } = me;
	await page.goto(site.url);
	const button = page.locator(".card", { hasText: "Third" }).locator(".card-later");
	const kept = async () => {
		const { data } = await root("GET", "/accounts/root/video-playlists?playlistType=2");
		return (await root("GET", `/video-playlists/${data[0].uuid}/videos`)).data.map((e) => e.video.name);
	};
	await button.focus();
	await page.keyboard.press("Enter");
	await page.waitForFunction(() => document.getElementById("bell-live").textContent.includes("Kept in"));
	assert.equal(await button.getAttribute("aria-pressed"), "true");
	assert.deepEqual(await kept(), ["Third"]);
	assert.equal(new URL(page.url()).pathname, "/", "nobody is led away");
	await page.reload();
	assert.equal(await button.getAttribute("aria-pressed"), "true");
	await button.click({ force: true });
	await page.waitForFunction(() => document.getElementById("bell-live").textContent.includes("Taken out"));
	assert.equal(await button.getAttribute("aria-pressed"), "false");
	assert.deepEqual(await kept(), []);
	assert.deepEqual(me.problems, []);
});

test("the menu of a card opens in place, leads on, and closes by Escape", async () => {
	const { page } = me;
	await page.goto(site.url);
	const dots = page.locator(".card", { hasText: "Third" }).locator(".card-menu");
	const open = page.locator("dialog[open]");
	await dots.focus();
	await page.keyboard.press("Enter");
	await open.locator(".card-acts").waitFor();
	await page.keyboard.press("Escape");
	await open.waitFor({ state: "detached" });
	assert.ok(await dots.evaluate((a) => a === document.activeElement), "one is where one was");
	await dots.click();
	await open.locator(".card-acts a[data-dialog]").first().click();
	await open.locator("#f-newName").waitFor();
	assert.equal(await open.count(), 1, "what is opened takes the menu's place");
	await page.mouse.click(5, 400);
	await open.waitFor({ state: "detached" });
	assert.ok(await dots.evaluate((a) => a === document.activeElement));
	assert.deepEqual(me.problems, []);
});

test("a copy more is added, and each is changed and removed by itself", async () => {
	const { page } = me;
	await page.goto(`${site.url}/w/${films[1].shortUUID}`);
	const open = () => page.click("#actions a[data-dialog]");
	const done = async (times) => {
		await page.click("dialog button.main");
		await page.locator("dialog.sheet").waitFor({ state: "detached" });
		const now = (await elements()).filter((e) => e.video.name === "Second").map((e) => [e.startTimestamp, e.stopTimestamp]);
		assert.deepEqual(now, times);
	};
	await open();
	await page.locator("dialog .save-list.again", { hasText: "Add once more" }).first().click();
	await done([[3, 4], [null, null]]);
	await open();
	await page.locator("dialog .save-copies details summary").nth(1).click();
	await page.locator("dialog .save-copies details").nth(1).getByLabel("Starts at").first().fill("0:01");
	await done([[3, 4], [1, null]]);
	await open();
	await page.locator("dialog .save-list", { hasText: "Copy 2" }).click();
	await done([[3, 4]]);
	assert.deepEqual(me.problems, []);
});

test("of many playlists those are shown that one types, and ticks stay", async () => {
	for (let i = 0; i < 9; i++) await root("POST", "/video-playlists", { displayName: `Été ${i}`, privacy: 3 });
	const { page } = me;
	await page.goto(`${site.url}/w/${films[2].shortUUID}`);
	await page.click("#actions a[data-dialog]");
	await page.locator("dialog .save-list", { hasText: "Été 7" }).click();
	await page.fill("dialog #save-find", "ete 3");
	assert.deepEqual(await page.locator("dialog .save-list:visible > span:first-of-type").allTextContents(), ["Été 3"]);
	await page.press("dialog #save-find", "Enter");
	await page.fill("dialog #save-find", "nowhere");
	await page.locator("dialog", { hasText: "None of your playlists is called that." }).waitFor();
	await page.fill("dialog #save-find", "");
	assert.ok(await page.locator("dialog .save-list", { hasText: "Été 7" }).locator("input[type=checkbox]").isChecked());
	await page.click("dialog [data-close]");
	const { data } = await root("GET", "/accounts/root/video-playlists?count=50");
	for (const l of data) if (l.displayName.startsWith("Été")) await root("DELETE", `/video-playlists/${l.id}`);
	assert.deepEqual(me.problems, []);
});

test("elements are moved by the arrows and by dragging", async () => {
	const { page } = me;
	const { data } = await root("GET", "/accounts/root/video-playlists");
	const list = data.find((l) => l.displayName === "Best of");
	await root("POST", `/video-playlists/${list.uuid}/videos`, { videoId: films[2].id });
	await page.goto(`${site.url}/my-library/video-playlists/${list.shortUUID}`);
	await page.locator(".playlist-element", { hasText: "Third" }).locator('button[value="up"]').click();
	await ordered("First", "Third", "Second");
	assert.equal(await page.evaluate(() => document.activeElement.value), "up", "the arrow keeps the focus");
	await page.waitForFunction(() => document.getElementById("order-status").textContent === "Moved 2");
	const grip = await page.locator(".playlist-element", { hasText: "Second" }).locator(".grip").boundingBox();
	const top = await page.locator(".playlist-element", { hasText: "First" }).boundingBox();
	await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
	await page.mouse.down();
	await page.mouse.move(grip.x + 20, top.y + top.height - 4, { steps: 6 });
	await page.mouse.move(grip.x + 20, top.y + 4, { steps: 6 });
	await page.mouse.up();
	await ordered("Second", "First", "Third");
	assert.deepEqual(me.problems, []);
});

test("elements become the first of a later page, and a move that is broken off is none", async () => {
	const { page } = me;
	const list = (await root("POST", "/video-playlists", { displayName: "Two pages", privacy: 3 })).videoPlaylist;
	for (let i = 0; i < 103; i++) await root("POST", `/video-playlists/${list.uuid}/videos`, { videoId: films[i % 3].id });
	const all = async () => (await root("GET", `/video-playlists/${list.uuid}/videos?start=98&count=5`)).data.map((e) => e.id);
	const [hundredth, ...last] = (await all()).slice(1);
	await page.goto(`${site.url}/my-library/video-playlists/${list.shortUUID}`);
	await page.click(".pager [rel=next]");
	const shown = page.locator(".playlist-element");
	assert.equal(await shown.count(), 3);
	const is = (want, why) => until(why, async () => String((await all()).slice(1)) === String([hundredth, ...want]));
	await shown.nth(1).locator('button[value="up"]').click();
	await is([last[1], last[0], last[2]], "the second of the page is its first");
	await page.waitForFunction(() => document.getElementById("order-status").textContent === "Moved 101");
	const drag = async () => {
		const grip = await shown.nth(2).locator(".grip").boundingBox(), top = await shown.first().boundingBox();
		await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
		await page.mouse.down();
		await page.mouse.move(grip.x + 20, top.y + top.height - 4, { steps: 6 });
		await page.mouse.move(grip.x + 20, top.y + 4, { steps: 6 });
	};
	const places = () => shown.evaluateAll((items) => items.map((i) => Number(i.dataset.element)));
	await drag();
	assert.deepEqual(await places(), [last[2], last[1], last[0]]);
	await page.keyboard.press("Escape");
	await page.mouse.up();
	assert.deepEqual(await places(), [last[1], last[0], last[2]], "where it was");
	await drag();
	await page.mouse.up();
	await is([last[2], last[1], last[0]], "the last of the page is its first");
	await shown.first().locator('button[value="up"]').click(); // to the page before
	await until("it is on the page before", async () => (await all())[1] === last[2]);
	await root("DELETE", `/video-playlists/${list.uuid}`);
	assert.deepEqual(me.problems, []);
});

test("titles have room in a small window", async () => {
	const { page } = me;
	const size = page.viewportSize();
	await page.setViewportSize({ width: 320, height: 640 });
	const { data } = await root("GET", "/accounts/root/video-playlists");
	const list = data.find((l) => l.displayName === "Best of");
	for (const [path, titles] of [[`/my-library/video-playlists/${list.shortUUID}`, ".playlist-element h2"], [`/w/${films[0].shortUUID}`, ".watch-others h3"]]) {
		await page.goto(site.url + path);
		assert.deepEqual(await brokenWords(page, titles), []);
		const widths = await page.locator(`${titles} a`).evaluateAll((all) => all.map((e) => e.parentElement.clientWidth));
		assert.ok(Math.min(...widths) >= 120, `${titles}: ${widths}`);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits`);
	}
	await page.setViewportSize(size);
});

test("who moves what another tab removed is told so", async () => {
	const { page } = me;
	const { data } = await root("GET", "/accounts/root/video-playlists");
	const list = data.find((l) => l.displayName === "Best of");
	await page.goto(`${site.url}/my-library/video-playlists/${list.shortUUID}`);
	const first = (await elements()).find((e) => e.video.name === "First");
	await root("DELETE", `/video-playlists/${list.uuid}/videos/${first.id}`);
	await page.locator(".playlist-element", { hasText: "First" }).locator('button[value="up"]').click();
	await page.locator(".notice", { hasText: "taken out of this playlist" }).waitFor();
	assert.equal(await page.locator(".playlist-element").count(), 2);
	await root("POST", `/video-playlists/${list.uuid}/videos`, { videoId: films[0].id });
	await page.reload();
	await page.locator(".playlist-element", { hasText: "First" }).locator('button[value="up"]').click();
	await ordered("Second", "First", "Third");
	// Chromium tells of the answer to the move of what was gone, and of nothing else.
	assert.deepEqual(me.problems.splice(0).map((p) => /status of 404/.test(p)), [true]);
});

test("without scripts the same is done by forms", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = plain;
	await logIn(page, site, "root", rootPassword);
	const { data } = await root("GET", "/accounts/root/video-playlists");
	const list = data.find((l) => l.displayName === "Best of");
	await page.goto(`${site.url}/my-library/video-playlists/${list.shortUUID}`);
	await page.locator(".playlist-element", { hasText: "Second" }).locator('button[value="down"]').click();
	await ordered("First", "Second", "Third");
	await page.locator(".playlist-element", { hasText: "Third" }).locator('button[value="remove"]').click();
	await ordered("First", "Second");
	await page.goto(`${site.url}/w/${films[2].shortUUID}/save`);
	await page.locator(".save-list", { hasText: "Best of" }).locator("input[type=checkbox]").check();
	await page.click("main button.main");
	await ordered("First", "Second", "Third");
	await plain.close();
});

test("the public playlists of a channel are put in order", async () => {
	const { page } = me;
	for (const name of ["Three", "Two", "One"]) await root("POST", "/video-playlists", { displayName: name, privacy: 1, videoChannelId: 1 });
	const now = async () => (await root("GET", "/video-channels/root_channel/video-playlists?sort=videoChannelPosition")).data.map((l) => l.displayName).join();
	const become = (order) => until(order, async () => (await now()) === order);
	await page.goto(`${site.url}/my-library/video-channels/playlists/root_channel`);
	await become("One,Two,Three");
	await page.getByRole("button", { name: "Move “Three” up" }).press("Enter");
	await become("One,Three,Two");
	assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Move “Three” up");
	const box = async (name, part = "") => page.locator(`.playlist-element:has-text("${name}") ${part}`).boundingBox();
	const [grip, top] = [await box("Two", ".grip"), await box("One")];
	await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
	await page.mouse.down();
	await page.mouse.move(grip.x + 20, top.y + 4, { steps: 9 });
	await page.mouse.up();
	await become("Two,One,Three");
	assert.deepEqual(me.problems, []);
});

test("mixed, all of a playlist comes, wherever one begins", async () => {
	const lists = await Promise.all(["Five", "Two"].map(async (displayName) => (await root("POST", "/video-playlists", { displayName, privacy: 1, videoChannelId: 1 })).videoPlaylist));
	for (let i = 0; i < 5; i++) await root("POST", `/video-playlists/${lists[0].uuid}/videos`, { videoId: films[i % 3].id });
	for (let i = 0; i < 2; i++) await root("POST", `/video-playlists/${lists[1].uuid}/videos`, { videoId: films[i].id });
	const { page, problems, close } = await openWindow(browser);
	const position = () => Number(new URL(page.url()).searchParams.get("playlistPosition"));
	/** Goes on to the end, and tells what came. */
	const rest = async (count) => {
		const came = [position()];
		while (came.length < count) {
			await page.waitForSelector("#player.ready");
			await page.keyboard.press("Shift+N");
			await page.waitForURL((u) => Number(u.searchParams.get("playlistPosition")) !== came.at(-1));
			came.push(position());
		}
		return came.toSorted().join("");
	};
	const open = (list, at) => page.goto(`${site.url}/w/p/${list.shortUUID}?playlistPosition=${at}`);
	for (const at of [1, 3, 5]) {
		await open(lists[0], at);
		await page.click("#playlist-shuffle");
		assert.equal(await rest(5), "12345", `from ${at}`);
		if (at < 5) await page.click("#playlist-shuffle");
	}
	// It stays mixed: from one that is picked, and in another list.
	await page.click("[data-playlist] [data-position='2'] a");
	await page.waitForURL(/Position=2/);
	assert.equal(await rest(5), "12345", "from the one that was picked");
	await open(lists[1], 2);
	assert.equal(await rest(2), "12", "of another list");
	assert.deepEqual(problems, []);
	await close();
});

/** The positions of a list in the order in which it is played mixed. */
function mixed(seed, count) {
	const rank = (at) => {
		let x = Math.imul((seed + at) ^ 0x9e3779b9, 0x85ebca6b);
		x = Math.imul(x ^ x >>> 13, 0xc2b2ae35);
		return (x ^ x >>> 16) >>> 0;
	};
	return Array.from({ length: count }, (_, i) => i + 1).sort((a, b) => rank(a) - rank(b));
}

test("a playlist of 450 is played whole: on, back, round, mixed, and read in parts", async () => {
	const { videoPlaylist: list } = await root("POST", "/video-playlists", { displayName: "Long", privacy: 1, videoChannelId: 1 });
	for (let i = 0; i < 450; i++) await root("POST", `/video-playlists/${list.uuid}/videos`, { videoId: films[i % 3].id });
	const { page, problems, close } = await openWindow(browser);
	const position = () => Number(new URL(page.url()).searchParams.get("playlistPosition"));
	const open = async (at) => {
		await page.goto(`${site.url}/w/p/${list.shortUUID}?playlistPosition=${at}`);
		await page.waitForSelector("#player.ready");
	};
	const step = async (key) => {
		await page.waitForSelector("#player.ready");
		const before = position();
		await page.evaluate(() => document.activeElement?.blur());
		await page.keyboard.press(key);
		await page.waitForURL((u) => Number(u.searchParams.get("playlistPosition")) !== before);
		return position();
	};
	const shown = () => page.locator("[data-playlist] > li").evaluateAll((all) => [all.length, Number(all[0].dataset.position), Number(all.at(-1).dataset.position)]);
	await open(1);
	assert.deepEqual(await shown(), [200, 1, 200]);
	assert.match(await page.textContent(".playlist-head"), /1 of 450/);
	await page.click("#playlist-loop");
	assert.equal(await step("Shift+P"), 450, "round backwards, past what is shown");
	assert.deepEqual(await shown(), [101, 350, 450]);
	assert.equal(await step("Shift+N"), 1);
	await page.click("#playlist-loop");
	// Parts are read without leaving the video, and what is read is in reach.
	await open(200);
	const later = page.locator('[data-more="later"]');
	while (await later.count()) {
		const [before] = await shown();
		await later.click();
		await page.waitForFunction((n) => document.querySelectorAll("[data-playlist] > li").length > n, before);
	}
	await page.locator('[data-more="earlier"]').click();
	await page.waitForFunction(() => document.querySelector("[data-playlist]").dataset.whole !== undefined);
	assert.deepEqual(await shown(), [450, 1, 450]);
	assert.equal(new Set(await page.locator("[data-playlist] > li").evaluateAll((all) => all.map((i) => i.dataset.position))).size, 450);
	assert.equal(position(), 200);
	assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.dataset.position), "99");
	// Mixed: the same order, whether the page knows all of it or a part.
	await page.click("#playlist-shuffle");
	const whole = await step("Shift+N");
	await open(200);
	const sight = await page.locator("[data-playlist] [aria-current]").evaluate((i) => i.offsetTop - i.parentElement.scrollTop);
	assert.ok(sight >= 0 && sight < 300, `what is played is in sight, not at ${sight}`);
	assert.equal(await step("Shift+N"), whole, "the server mixes as the page does");
	const seen = new Set([200, whole]);
	for (let i = 0; i < 4; i++) seen.add(await step("Shift+N"));
	const seed = Number(await page.evaluate(() => localStorage.getItem("player.shuffle-seed")));
	assert.deepEqual([...seen], mixed(seed, 450).slice(0, 6), "of all of the list, each once, what was played at first");
	for (let i = 0; i < 5; i++) await step("Shift+P");
	assert.equal(position(), 200, "and one can go back");
	await page.click("#playlist-shuffle");
	// At its end the next is counted in, also from beyond what is shown.
	await page.goto(`${site.url}/w/p/${list.shortUUID}?playlistPosition=100&listFrom=400`);
	await page.waitForSelector("#player.ready");
	await page.evaluate(() => { const v = document.querySelector("video"); v.muted = true; });
	await page.keyboard.press("k");
	await page.waitForSelector(".player-next:visible");
	assert.equal(await page.textContent(".player-next-title"), "Second");
	await page.waitForURL((u) => u.searchParams.get("playlistPosition") === "101");
	assert.deepEqual(problems, []);
	await close();

	const plain = await openWindow(browser, { javaScriptEnabled: false });
	await plain.page.goto(`${site.url}/w/p/${list.shortUUID}?playlistPosition=200`);
	await plain.page.click("a[rel=next]");
	await plain.page.waitForURL(/playlistPosition=201/);
	await plain.page.click("[data-more=later]");
	await plain.page.waitForURL(/playlistPosition=201&listFrom=301/);
	assert.match(await plain.page.textContent(".playlist-head"), /201 of 450/);
	await plain.page.click("[data-position='450'] a");
	await plain.page.click("a[rel=prev]");
	await plain.page.waitForURL(/playlistPosition=449/);
	await plain.close();
});
