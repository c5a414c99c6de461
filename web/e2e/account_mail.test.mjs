// Somebody asks for an account, is let in by an administrator, follows the
// links of mails, and gives account and channel their pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { asRoot } from "./films.mjs";
import { openMailbox } from "./mailbox.mjs";
import { api, logIn, openWindow, press } from "./person.mjs";

let site, browser, mail, bea, root;
const address = "bea@example.net";
let password = "bea-password-1";

before(async () => {
	mail = await openMailbox();
	site = await startSite({
		...mail.env, SEPIOLA_ADMIN_EMAIL: "boss@example.org",
		SEPIOLA_SIGNUP_REQUIRES_APPROVAL: "true", SEPIOLA_SIGNUP_REQUIRES_EMAIL_VERIFICATION: "true",
	});
	// As in PeerTube, administrators hear of requests on the site unless they ask for letters.
	const ask = await asRoot(site);
	const { notificationSettings } = await ask("GET", "/users/me");
	await ask("PUT", "/users/me/notification-settings", { ...notificationSettings, newUserRegistration: 3 });
	browser = await startBrowser();
	bea = await openWindow(browser);
	root = await openWindow(browser);
});
after(async () => {
	await browser?.close();
	await site?.remove();
	mail?.close();
});

const isLoggedIn = (page) => page.locator("button.round[popovertarget=menu]").isVisible();

test("somebody asks for an account and proves the address", async () => {
	const { page } = bea;
	await page.goto(site.url);
	await page.click("header a[href='/signup']");
	await page.waitForURL("**/signup");
	await page.fill("#f-username", "bea");
	await page.fill("#f-email", address);
	await page.fill("#f-password", password);
	await page.fill("#f-registrationReason", "I film birds.");
	await page.check("#f-agree");
	await press(page, "main form button");
	assert.equal(await isLoggedIn(page), false);

	const letter = await mail.take(address, /Confirm your e-mail address/);
	await page.goto(letter.links[0]);
	await press(page, "main form button");
	await logIn(page, site, "bea", password);
	assert.equal(await isLoggedIn(page), false);
	assert.match(await page.textContent("main"), /waits for a moderator/);
});

test("the administrator hears of it by mail and lets them in", async () => {
	const { page } = root;
	const letter = await mail.take("boss@example.org", /asks for an account/);
	assert.match(letter.text, /bea \(bea@example\.net\)[\s\S]*I film birds\./);
	await page.goto(letter.links[0]);
	await page.fill("#f-username", "root");
	await page.fill("#f-password", rootPassword);
	await press(page, "main form button");
	assert.equal(new URL(page.url()).pathname, "/admin/moderation/registrations/list", "the login leads on to where the link did");
	const row = page.locator("li.panel", { hasText: "bea@example.net" });
	assert.equal(await row.locator(".tag", { hasText: "not proved" }).count(), 0);
	await row.locator("button", { hasText: "Accept" }).first().click();
	const dialog = row.locator("[popover]").first();
	await dialog.locator("textarea").fill("Welcome among the bird watchers.");
	await Promise.all([page.waitForEvent("framenavigated"), dialog.locator("button.main").click()]);
	await page.goto(`${site.url}/admin/moderation/registrations/list?state=3`);
	assert.match(await page.textContent("li.panel"), /bea[\s\S]*Welcome among the bird watchers/);
});

test("the letter of welcome leads in", async () => {
	const { page } = bea;
	const letter = await mail.take(address, /Welcome/);
	assert.match(letter.text, /Welcome among the bird watchers/);
	await page.goto(letter.links[0]);
	await page.fill("#f-username", "bea");
	await page.fill("#f-password", password);
	await press(page, "main form button");
	assert.ok(await isLoggedIn(page));
	assert.equal((await api(page, "/users/me")).emailVerified, true);
});

test("a forgotten password is replaced by a link that works once", async () => {
	const { page } = bea;
	await page.click("button.round[popovertarget=menu]");
	await press(page, "#menu form button");
	await page.goto(`${site.url}/login`);
	await page.click("a[href='/recover-password']");
	await page.waitForURL("**/recover-password");
	await page.fill("#f-email", "BEA@example.net");
	await press(page, "main form button");
	const letter = await mail.take(address, /Choose a new password/);
	await page.goto(letter.links[0]);
	await page.fill("#f-password", "bea-password-2");
	await press(page, "main form button");
	await logIn(page, site, "bea", password);
	assert.equal(await isLoggedIn(page), false, "the old password is worth nothing");
	password = "bea-password-2";
	await logIn(page, site, "bea", password);
	assert.ok(await isLoggedIn(page));

	const other = await openWindow(browser);
	await other.page.goto(letter.links[0]);
	await other.page.fill("#f-password", "somebody-else-1");
	await press(other.page, "main form button");
	await logIn(other.page, site, "bea", "somebody-else-1");
	assert.equal(await isLoggedIn(other.page), false, "the link was used up");
	await other.close();
});

/** Chooses a file by the mouse: in the window that the button opens. */
async function choose(page, input, file) {
	const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click(input)]);
	await chooser.setFiles(file);
}

const loaded = (page, img) => page.$eval(img, (e) => e.decode().then(() => [e.naturalWidth, e.naturalHeight]));

test("pictures of account and channel are chosen, shown and taken away", async () => {
	const { page } = bea;
	const picture = (name, size) => makeClip(site.dir, name, ["-f", "lavfi", "-i", `testsrc2=size=${size}`, "-frames:v", "1"]);
	await page.goto(`${site.url}/my-account/settings`);
	await choose(page, "#f-avatarfile", picture("avatar.png", "640x480"));
	await press(page, "#avatar button[value=set]");
	assert.match(await page.textContent(".notice"), /Saved/);
	const [width, height] = await loaded(page, "#avatar img");
	assert.ok(width === height && width >= 112, `${width}x${height}`);
	assert.ok((await api(page, "/users/me")).account.avatars.length > 0);

	await page.goto(`${site.url}/my-library/video-channels/update/bea_channel`);
	await choose(page, "#f-bannerfile", picture("banner.png", "1280x400"));
	await press(page, "#banner button[value=set]");
	const banner = await loaded(page, "#banner img.banner");
	assert.ok(banner[0] / banner[1] > 5, banner.join("x"));
	await page.goto(`${site.url}/c/bea_channel`);
	assert.ok((await api(page, "/video-channels/bea_channel")).banners.length > 0);

	await page.goto(`${site.url}/my-account/settings`);
	await choose(page, "#f-avatarfile", picture("words.mp4", "64x64"));
	await press(page, "#avatar button[value=set]");
	assert.ok((await page.textContent("#error-avatarfile")).trim().length > 0, "what is no picture is refused beside its field");
	await press(page, "#avatar button[value=remove]");
	assert.equal(await page.locator("#avatar img").count(), 0);
	assert.equal((await api(page, "/users/me")).account.avatars.length, 0);
});

test("the site is given a logo, which strangers see", async () => {
	const { page } = root;
	await page.goto(site.url);
	await page.click("button.round[popovertarget=menu]");
	await page.click("#menu a[href='/admin/settings/config/logo']");
	await page.waitForURL("**/admin/settings/config/logo");
	await choose(page, "#f-header-wide", makeClip(site.dir, "wide.png", ["-f", "lavfi", "-i", "testsrc2=size=400x100", "-frames:v", "1"]));
	await press(page, "#header-wide button[value=set]");
	const stranger = await openWindow(browser);
	await stranger.page.goto(site.url);
	assert.deepEqual(await loaded(stranger.page, ".brand img"), [192, 48]);
	assert.deepEqual(stranger.problems, []);
	await page.goto(`${site.url}/admin/settings/config/logo`);
	await press(page, "#header-wide button[value=remove]");
	assert.match(await page.getAttribute(".brand img", "src"), /favicon/);
	await stranger.close();
});

test("a stranger writes to the administrators, once", async () => {
	const stranger = await openWindow(browser);
	const { page } = stranger;
	await page.goto(`${site.url}/about`);
	await page.click("a[href='/about/contact']");
	await page.waitForURL("**/about/contact");
	const write = async () => {
		await page.fill("#f-fromName", "Cy");
		await page.fill("#f-fromEmail", "cy@example.com");
		await page.fill("#f-subject", "Birds");
		await page.fill("#f-body", "Where was the heron filmed?");
		await press(page, "main form button");
	};
	await write();
	assert.match(await page.textContent(".notice"), /was sent/);
	const letter = await mail.take("boss@example.org", /Message of Cy/);
	assert.match(letter.replyTo, /cy@example\.com/);
	assert.match(letter.text, /Birds[\s\S]*Where was the heron filmed\?/);
	await page.goto(`${site.url}/about/contact`);
	await write();
	assert.match(await page.textContent("[role=alert]"), /wait an hour/);
	await stranger.close();
});

test("the browsers had nothing to complain about but the answers that refuse", () => {
	const odd = [...bea.problems, ...root.problems].filter((p) => !/status of (400|401|403|404|409)/.test(p));
	assert.deepEqual(odd, []);
});
