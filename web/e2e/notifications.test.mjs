// The bell: what happens is seen at once, read on one device it is read on all.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { rootPassword, startBrowser, startSite, startWholeBrowser } from "./site.mjs";
import { brokenWords, logIn, openWindow, press, until } from "./person.mjs";

let site, browser, root;
before(async () => {
	site = await startSite();
	browser = await startBrowser();
	root = await openWindow(browser);
	await logIn(root.page, site, "root", rootPassword);
});
after(async () => { await browser?.close(); await site?.remove(); });

const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** What is seriously wrong with a page for people who do not see it. */
async function faults(page) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
	return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.nodes[0].html}`);
}

async function signUpAndFollow(name) {
	const who = await openWindow(browser);
	await who.page.goto(`${site.url}/signup`);
	await who.page.fill("#f-username", name);
	await who.page.fill("#f-email", `${name}@example.org`);
	await who.page.fill("#f-password", "a long password");
	await who.page.check("#f-agree");
	await press(who.page, "main form button");
	await who.page.goto(`${site.url}/c/root_channel/videos`);
	await who.page.click("form.subscribe .when-off");
	await who.page.locator("form.subscribe .when-on").waitFor({ state: "visible" });
	return who;
}

const count = (page) => page.locator(".bell-count");

test("the number on the bell grows while the page is open", async () => {
	const { page } = root;
	await page.goto(`${site.url}/about`);
	assert.equal(await count(page).isVisible(), false);
	await page.waitForTimeout(1500); // the stream begins after the page is loaded
	const ada = await signUpAndFollow("ada"); // two things: she signs up, and follows
	await until("two on the bell", async () => await count(page).textContent() === "2");
	await until("it is said", async () => /2 unread/.test(await page.getAttribute("#bell", "aria-label")));
	await ada.close();
});

test("the list below the bell leads to what happened, and reads it", async () => {
	const { page } = root;
	await page.click("#bell");
	await page.locator("#bell-list").waitFor({ state: "visible" });
	assert.match(await page.textContent("#bell-list"), /\u2068ada\u2069 subscribed to your channel/);
	assert.deepEqual(await faults(page), []);
	await page.keyboard.press("Escape");
	await page.locator("#bell-list").waitFor({ state: "hidden" });
	assert.equal(await page.evaluate(() => document.activeElement.id), "bell", "the focus comes back");
	await page.click("#bell");
	await page.click("#bell-list a:has-text('subscribed to your channel')");
	await page.waitForURL("**/a/ada/video-channels");
	await until("one is left", async () => await count(page).textContent() === "1");
});

test("what is read in one window is read in the other", async () => {
	const other = await openWindow(browser);
	await logIn(other.page, site, "root", rootPassword);
	await other.page.goto(`${site.url}/my-account/notifications`);
	assert.deepEqual(await faults(other.page), []);
	await root.page.bringToFront();
	await root.page.goto(`${site.url}/about`);
	await root.page.waitForTimeout(1500);
	await other.page.bringToFront();
	await press(other.page, "form[action$='/read'] button[name=all]");
	await root.page.bringToFront();
	await until("nothing is unread", async () => !await count(root.page).isVisible());
	await other.close();
});

test("the page shows what is new, as it is filtered, and the focus stays", async () => {
	const { page } = root;
	const items = (of = page) => of.locator("#notices li").count();
	const tab = await root.context.newPage();
	await tab.goto(`${site.url}/my-account/notifications?kind=newUserRegistration`);
	const registrations = await items(tab);
	await page.bringToFront();
	await page.goto(`${site.url}/my-account/notifications`);
	const before = await items();
	assert.ok(before > 0);
	await page.waitForTimeout(1500);
	const link = page.locator("#notices li a").first();
	await link.focus();
	const focused = await link.getAttribute("href");
	const bea = await signUpAndFollow("bea");
	await until("both are on the page", async () => await items() === before + 2);
	assert.match(await page.locator("#notices li").first().textContent(), /bea\u2069 subscribed to your channel .*\(unread\)/);
	assert.equal(await page.locator("#notices-acts button[name=all]").count(), 1, "they can be marked as read");
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), focused);
	// The other tab hears of it from this one.
	await until("who signed up is on the filtered page", async () => await items(tab) === registrations + 1);
	await page.waitForTimeout(500);
	assert.equal(await items(tab), registrations + 1, "the filter is kept");
	await tab.close();
	await bea.close();
});

test("settings are kept", async () => {
	const { page } = root;
	await page.goto(`${site.url}/my-account/notifications/settings`);
	assert.deepEqual(await faults(page), []);
	await page.uncheck("input[name='web.newFollow']");
	await press(page, "main form[action$='/settings'] button");
	assert.equal(await page.isChecked("input[name='web.newFollow']"), false);
	await page.setViewportSize({ width: 320, height: 640 });
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "it fits a small window");
	const german = await openWindow(browser, { viewport: { width: 320, height: 640 }, locale: "de-DE" });
	await logIn(german.page, site, "root", rootPassword);
	await german.page.goto(`${site.url}/my-account/notifications/settings`);
	assert.equal(await german.page.getAttribute("html", "lang"), "de");
	assert.deepEqual(await brokenWords(german.page, ".notice-settings th"), []);
	await german.close();
	assert.deepEqual(root.problems, []);
});

test("the service worker shows what is pushed", async (t) => {
	const whole = await startWholeBrowser();
	t.after(() => whole.close());
	const context = await whole.newContext({ permissions: ["notifications"] });
	const page = await context.newPage();
	await page.goto(`${site.url}/about`);
	assert.equal(await page.evaluate(() => Notification.permission), "granted", "this browser shows no notifications");
	await page.evaluate(async () => { await navigator.serviceWorker.register("/sw.js"); await navigator.serviceWorker.ready; });
	// What is shown is heard of in the worker: Chromium forgets what somebody
	// asks for (getNotifications) before its own window of it is open.
	const worker = context.serviceWorkers()[0] ?? await context.waitForEvent("serviceworker");
	await worker.evaluate(() => {
		const show = self.registration.showNotification.bind(self.registration);
		self.shown = new Promise((done) => {
			self.registration.showNotification = async (title, options) => { await show(title, options); done({ title, ...options }); };
		});
	});
	const cdp = await context.newCDPSession(page);
	const registered = new Promise((done) => cdp.on("ServiceWorker.workerRegistrationUpdated", (e) => e.registrations.length > 0 && done(e.registrations[0].registrationId)));
	await cdp.send("ServiceWorker.enable");
	await cdp.send("ServiceWorker.deliverPushMessage", {
		origin: site.url, registrationId: await registered,
		data: JSON.stringify({ title: "The site", body: "Ada commented", url: "/about", tag: "notification-1", lang: "en", dir: "ltr" }),
	});
	assert.deepEqual(await worker.evaluate(() => self.shown),
		{ title: "The site", body: "Ada commented", tag: "notification-1", lang: "en", dir: "ltr", data: "/about" });
	await context.close();
});
