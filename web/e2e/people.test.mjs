// A second person: signs up, looks after videos and account, and gets nowhere
// where only administrators go.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { api, finished, logIn, openWindow, plays, press, until, uploaded } from "./person.mjs";

let site, browser, ada;
let password = "ada-password-1";
let secret = "";
let watch = "";

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	ada = await openWindow(browser);
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

/** The code that an authenticator shows (RFC 6238), steps later than now. */
function code(steps = 0) {
	const bits = [...secret.replace(/=+$/, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
	const sum = createHmac("sha1", key).update(counter).digest();
	return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const isLoggedIn = (page) => page.locator("button.round[popovertarget=menu]").isVisible();

/** Leaves by the menu. */
async function logOut(page) {
	await page.click("button.round[popovertarget=menu]");
	await press(page, "#menu form button");
	assert.equal(await isLoggedIn(page), false);
}

test("somebody signs up, is told of mistakes beside their field, and is in", async () => {
	const { page } = ada;
	await page.goto(site.url);
	await page.click("header a[href='/signup']");
	await page.waitForURL("**/signup");
	await page.fill("#f-username", "root");
	await page.fill("#f-email", "ada@example.org");
	await page.fill("#f-password", password);
	await page.check("#f-agree");
	await press(page, "main form button");
	assert.equal(await page.getAttribute("#f-username", "aria-invalid"), "true");
	assert.ok((await page.textContent("#error-username")).trim().length > 0);
	assert.equal(await page.inputValue("#f-email"), "ada@example.org", "what was typed is kept");

	await page.fill("#f-username", "ada");
	await page.fill("#f-displayName", "Ada L.");
	await page.fill("#f-password", password);
	await press(page, "main form button");
	assert.match(await page.textContent(".notice"), /Welcome/);
	assert.ok(await isLoggedIn(page));
	assert.equal((await api(page, "/users/me")).account.displayName, "Ada L.");
});

test("the second person uploads, and the video plays for strangers", async () => {
	const { page } = ada;
	const clip = makeClip(site.dir, "garden.mp4", [...inputs(3, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-pix_fmt", "yuv420p", "-c:a", "aac"]);
	await page.click("header a[href='/videos/upload']");
	await page.waitForURL("**/videos/upload");
	await page.setInputFiles("#upload-files", clip);
	watch = await uploaded(page, "garden.mp4");
	await finished(page, watch.slice(3));

	const stranger = await openWindow(browser);
	await stranger.page.goto(site.url);
	await stranger.page.click(`#list h3 a[href='${watch}']`);
	await stranger.page.waitForSelector("#player.ready");
	await plays(stranger.page); // by itself: a link of this site was followed
	assert.equal(await stranger.page.locator("a", { hasText: "Edit" }).count(), 0);
	assert.deepEqual(stranger.problems, []);
	await stranger.close();
});

test("my videos lists it; its title is edited", async () => {
	const { page } = ada;
	await page.goto(`${site.url}/my-library/videos`);
	const row = page.locator(".video-row", { hasText: "garden" });
	assert.match(await row.locator(".facts").textContent(), /Published.*Public/s);
	await row.locator("a", { hasText: "Edit" }).click();
	await page.waitForURL("**/videos/update/*");
	await page.fill("#f-name", "ab");
	await page.click("main form[action^='/videos/update'] button.main");
	assert.ok(await page.$eval("#f-name", (e) => !e.validity.valid), "a title of two characters is not sent");
	await page.fill("#f-name", "My garden");
	await page.fill("#f-tags", "flowers, bees");
	await press(page, "main form[action^='/videos/update'] button.main");
	const v = await api(page, `/videos/${watch.slice(3)}`);
	assert.equal(v.name, "My garden");
	assert.deepEqual(v.tags, ["flowers", "bees"]);
	await page.goto(`${site.url}/my-library/videos`);
	assert.equal(await page.textContent(".video-row h2"), "My garden");
});

test("pages of administrators are for administrators", async () => {
	const { page } = ada;
	const admin = ["/admin", "/admin/overview/users", "/admin/system/jobs", "/admin/moderation/registrations/list", "/admin/overview/comments"];
	for (const path of admin) {
		const answer = await page.goto(site.url + path);
		assert.equal(answer.status(), 403, path);
		assert.equal(await page.locator("table").count(), 0, path);
	}
	await page.goto(site.url);
	assert.equal(await page.locator("#menu a[href^='/admin']").count(), 0);

	const stranger = await openWindow(browser);
	for (const path of [...admin, "/my-library/videos", "/my-account", "/videos/upload"]) {
		await stranger.page.goto(site.url + path);
		const at = new URL(stranger.page.url());
		assert.equal(at.pathname, "/login", path);
		assert.equal(at.searchParams.get("to"), path);
	}
	await stranger.close();

	const root = await openWindow(browser);
	await logIn(root.page, site, "root", rootPassword);
	await root.page.click("button.round[popovertarget=menu]");
	await root.page.click("#menu a[href='/admin/overview/users']");
	await root.page.locator("tr", { hasText: "ada" }).waitFor();
	await root.page.goto(`${site.url}/admin/system/jobs`);
	await root.page.locator("#jobs tbody tr").first().waitFor();
	assert.match(await root.page.textContent("#jobs"), /Completed/);
	await press(root.page, "form[action='/admin/system/jobs/pause'] button");
	await root.page.locator("form[action='/admin/system/jobs/resume']").waitFor();
	await press(root.page, "form[action='/admin/system/jobs/resume'] button");
	await root.page.locator("form[action='/admin/system/jobs/pause']").waitFor();
	assert.deepEqual(root.problems, []);
	await root.close();
});

test("a wrong password is told beside its field; the right one leads in", async () => {
	const { page } = ada;
	await logOut(page);
	await logIn(page, site, "ada", "not her password");
	assert.equal(new URL(page.url()).pathname, "/login");
	assert.equal(await page.getAttribute("#f-password", "aria-invalid"), "true");
	assert.match(await page.textContent("#error-password"), /password is wrong/);
	assert.equal(await page.inputValue("#f-username"), "ada");
	assert.equal(await page.inputValue("#f-password"), "", "passwords are not sent back");
	assert.equal(await isLoggedIn(page), false);
	await logIn(page, site, "ada", password);
	assert.ok(await isLoggedIn(page));
});

test("the password is changed, but not without knowing the old one", async () => {
	const { page } = ada;
	const change = async (old, wanted) => {
		await page.goto(`${site.url}/my-account`);
		await page.fill("#password [name=currentPassword]", old);
		await page.fill("#password [name=password]", wanted);
		await press(page, "#password button.main");
	};
	await change("wrong-password", "ada-password-2");
	assert.match(await page.textContent("#error-currentPassword"), /This is not your password/);
	await change(password, "ada-password-2");
	await page.goto(site.url);
	if (await isLoggedIn(page)) await logOut(page);
	await logIn(page, site, "ada", password);
	assert.equal(await isLoggedIn(page), false, "the old password is worth nothing");
	password = "ada-password-2";
	await logIn(page, site, "ada", password);
	assert.ok(await isLoggedIn(page));
});

test("two-factor is turned on with a code, and asked for at the next login", async () => {
	const { page } = ada;
	await page.goto(`${site.url}/my-account/two-factor-auth`);
	await page.fill("#f-currentPassword", "wrong-password");
	await press(page, "main form button");
	assert.match(await page.textContent("#error-currentPassword"), /This is not your password/);
	await page.fill("#f-currentPassword", password);
	await press(page, "main form button");
	assert.ok(await page.locator("svg.qr path").getAttribute("d"));
	secret = (await page.textContent("main code")).replace(/\s/g, "");
	assert.match(secret, /^[A-Z2-7]{16,}$/);
	await page.fill("#f-otp", String((Number(code()) + 1) % 1_000_000).padStart(6, "0"));
	await press(page, "main form button");
	assert.match(await page.textContent("main"), /wrong or too old/);
	await page.fill("#f-otp", code());
	await press(page, "main form button");
	await page.goto(`${site.url}/my-account/two-factor-auth`);
	assert.match(await page.textContent(".notice"), /It is on/);

	await logOut(page);
	await logIn(page, site, "ada", password);
	assert.equal(await page.textContent("h1"), "One more step");
	assert.equal(await isLoggedIn(page), false);
	assert.equal(await page.locator("input[type=password]").count(), 0, "the password is not asked for again");
	await page.fill("#f-otp", "000000");
	await press(page, "main form button");
	assert.match(await page.textContent("#error-otp"), /wrong or too old/);
	await page.fill("#f-otp", code(1)); // the last one may count as used
	await press(page, "main form button");
	assert.ok(await isLoggedIn(page));

	await page.goto(`${site.url}/my-account/two-factor-auth`);
	await page.fill("#f-currentPassword", password);
	await press(page, "main form button.danger");
	await page.goto(`${site.url}/my-account/two-factor-auth`);
	assert.equal(await page.locator(".notice", { hasText: "It is on" }).count(), 0);
});

test("another device is logged out from the list of sessions", async () => {
	const { page } = ada;
	const phone = await openWindow(browser, { userAgent: "A telephone of Ada" });
	await logIn(phone.page, site, "ada", password);
	assert.ok(await isLoggedIn(phone.page));
	await page.goto(`${site.url}/my-account/sessions`);
	assert.equal(await page.locator("tr", { hasText: "This device" }).count(), 1);
	const row = page.locator("tr", { hasText: "A telephone of Ada" });
	await Promise.all([page.waitForEvent("framenavigated"), row.locator("button").click()]);
	await page.waitForFunction(() => !document.body.textContent.includes("A telephone of Ada"));
	await phone.page.goto(`${site.url}/my-library/videos`);
	assert.equal(new URL(phone.page.url()).pathname, "/login");
	assert.equal(await isLoggedIn(phone.page), false);
	assert.ok(await isLoggedIn(page), "this device stays");
	await phone.close();
});

test("a video is deleted after a question, and its files go with it", async () => {
	const { page } = ada;
	const v = await api(page, `/videos/${watch.slice(3)}`);
	const file = v.streamingPlaylists[0].playlistUrl;
	assert.equal((await page.request.get(file)).status(), 200);
	await page.goto(`${site.url}/my-library/videos`);
	const row = page.locator(".video-row");
	await row.locator("button.danger", { hasText: "Delete" }).first().click();
	const question = row.locator("[popover]");
	assert.match(await question.textContent(), /“My garden” and all its files will be gone/);
	await question.locator("button", { hasText: "Cancel" }).click();
	assert.ok(await question.isHidden());
	await row.locator("button.danger", { hasText: "Delete" }).first().click();
	await Promise.all([page.waitForEvent("framenavigated"), question.locator("button.danger").click()]);
	await page.waitForLoadState("load");
	assert.equal(await page.locator(".video-row").count(), 0);
	assert.equal((await page.goto(site.url + watch)).status(), 404);
	await until("the files are gone", async () => (await page.request.get(file)).status() === 404);
});

test("the browser had nothing to complain about but the answers that refuse", () => {
	assert.deepEqual(ada.problems.filter((p) => !/status of (400|401|403|404|409)/.test(p)), []);
});
