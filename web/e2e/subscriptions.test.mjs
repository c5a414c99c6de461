// Subscribing: with scripts the page stays, without them a form is sent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, press, until, uploaded } from "./person.mjs";

let site, browser, root, watch;
const channel = "/c/root_channel/videos";

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	root = await openWindow(browser);
	await logIn(root.page, site, "root", rootPassword);
	const clip = makeClip(site.dir, "sea.mp4", [...inputs(2, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	await root.page.goto(`${site.url}/videos/upload`);
	await root.page.setInputFiles("#upload-files", clip);
	watch = await uploaded(root.page, "sea.mp4");
	await finished(root.page, watch.slice(3));
});
after(async () => { await browser?.close(); await site?.remove(); });

/** Signs somebody up; the window is theirs. */
async function signUp(name, options) {
	const who = await openWindow(browser, options);
	await who.page.goto(`${site.url}/signup`);
	await who.page.fill("#f-username", name);
	await who.page.fill("#f-email", `${name}@example.org`);
	await who.page.fill("#f-password", "a long password");
	await who.page.check("#f-agree");
	await press(who.page, "main form button");
	return who;
}

const subscribed = async (page) => (await api(page, "/users/me/subscriptions")).total;

test("the button subscribes without leaving the page, and Shift+S presses it", async () => {
	const ada = await signUp("ada");
	const { page } = ada;
	await page.goto(site.url + watch);
	await page.evaluate(() => { window.stayed = true; });
	await page.click("form.subscribe .when-off");
	await page.locator("form.subscribe .when-on").waitFor({ state: "visible" });
	assert.equal(await subscribed(page), 1);
	await page.keyboard.press("Shift+S");
	await page.locator("form.subscribe .when-off").waitFor({ state: "visible" });
	assert.equal(await subscribed(page), 0);
	await page.keyboard.press("Shift+S");
	await page.locator("form.subscribe .when-on").waitFor({ state: "visible" });
	assert.equal(await page.evaluate(() => window.stayed), true, "the page was never left");

	await page.goto(`${site.url}/videos/subscriptions`);
	assert.equal(await page.locator("#list .card").count(), 1);
	await page.goto(`${site.url}/my-library/subscriptions`);
	await page.click("form.subscribe .when-on");
	await until("no subscription", async () => await subscribed(page) === 0);
	assert.deepEqual(ada.problems, []);
	await ada.close();
});

test("without scripts the button is a form", async () => {
	const bob = await signUp("bob", { javaScriptEnabled: false });
	const { page } = bob;
	await page.goto(site.url + channel);
	await press(page, "form.subscribe .when-off");
	assert.match(await page.textContent(".notice"), /You are subscribed/);
	await page.goto(`${site.url}/videos/subscriptions`);
	assert.equal(await page.locator("#list .card").count(), 1);
	await page.goto(site.url + channel);
	await press(page, "form.subscribe .when-on");
	assert.match(await page.textContent(".notice"), /no longer subscribed/);
	await bob.close();
});

test("who is not logged in is led to the login and back", async () => {
	const stranger = await openWindow(browser);
	await stranger.page.goto(site.url + channel);
	await stranger.page.click("a.subscribe");
	await stranger.page.waitForURL("**/login?to=*");
	await stranger.close();
});

test("the page of an account subscribes to all its channels, and knows of each", async () => {
	for (const name of ["second_channel", "third_channel"]) {
		await root.page.goto(`${site.url}/my-library/video-channels/create`);
		await root.page.fill("#f-name", name);
		await root.page.fill("#f-displayName", name);
		await press(root.page, "main form button.main");
	}
	const ada = await openWindow(browser); // so many sign-ups in a row are refused
	await logIn(ada.page, site, "ada", "a long password");
	const { page } = ada;
	const shown = (part) => page.locator(`form.all ${part}`).waitFor({ state: "visible" });
	await page.goto(`${site.url}/a/root/video-channels`);
	await shown(".when-off");
	const each = page.locator(".channel-list form.subscribe");
	await each.first().locator(".when-off").click();
	await shown("p.when-some");
	await press(page, "form.all .when-off");
	await shown(".when-on");
	assert.equal(await subscribed(page), 3);
	await each.nth(1).locator(".when-on").click();
	await shown("p.when-some");
	await each.nth(1).locator(".when-off").click();
	await shown("button.when-on");
	await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Shift+S")]);
	await page.waitForLoadState("load");
	await shown(".when-off");
	assert.equal(await subscribed(page), 0);
	assert.deepEqual(ada.problems, []);
	await ada.close();
});
