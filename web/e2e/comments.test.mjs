// What people say and think of a video, and report of it: with scripts and
// without, in two windows, by keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { asRoot } from "./films.mjs";
import { inputs, makeClip, rootPassword, startBrowser, startSite } from "./site.mjs";
import { finished, logIn, openWindow, press, until } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let site, browser, alice, guest, watch = "";

before(async () => {
	site = await startSite();
	browser = await startBrowser();
	alice = await openWindow(browser);
	guest = await openWindow(browser);
	const clip = makeClip(site.dir, "talk.mp4", [...inputs(20, "426x240"), "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "200k", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]);
	await logIn(alice.page, site, "root", rootPassword);
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	await logIn(plain.page, site, "root", rootPassword);
	await plain.page.goto(`${site.url}/videos/upload`);
	await plain.page.fill("#f-name", "Talk about this");
	await plain.page.selectOption("#f-privacy", { label: "Public" });
	await plain.page.setInputFiles("#f-videofile", clip);
	await press(plain.page, "#upload-form button.main");
	watch = new URL(plain.page.url()).pathname;
	await finished(plain.page, watch.slice(3), 1);
	await plain.close();
});
after(async () => {
	await browser?.close();
	await site?.remove();
});

const ready = (page) => page.locator("#comments[data-loaded]").waitFor({ state: "attached" });

async function toComments(page, path = watch) {
	await page.goto(site.url + path);
	await page.locator("#comments").scrollIntoViewIfNeeded();
	await ready(page);
}

async function noSeriousFinding(page) {
	// What lies half under the bar on top is no small target.
	await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
	const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
	assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), []);
}

test("the comments come when the reader comes near, and not before", async () => {
	const asked = [];
	guest.page.on("request", (r) => { if (r.url().includes("/comments")) asked.push(new URL(r.url()).pathname + new URL(r.url()).search); });
	await guest.page.goto(site.url + watch);
	assert.deepEqual(asked.filter((a) => a.includes("part=1") && a.startsWith("/w/")).length <= 1, true);
	await guest.page.locator("#comments").scrollIntoViewIfNeeded();
	await ready(guest.page);
	assert.match(await guest.page.textContent("#comments"), /Nobody has commented yet/);
	await noSeriousFinding(guest.page);
});

test("a comment is written without reloading, and another window sees it", async () => {
	const { page } = alice;
	await toComments(page);
	await page.evaluate(() => { globalThis.stayed = true; });
	await page.fill("#text-0", "Look at **0:07**, it is great <b>!</b>");
	await page.click(".comment-form button.main");
	const comment = page.locator(".comment", { hasText: "it is great" });
	await comment.waitFor();
	assert.equal(await page.inputValue("#text-0"), "");
	assert.match(await page.textContent("#comments-title"), /1 comment/);
	assert.match(await page.textContent("#comments-status"), /Your comment was sent/);
	assert.ok(await comment.evaluate((c) => c === document.activeElement), "the focus is on what was written");
	assert.equal(await comment.locator("strong").count(), 1);
	assert.equal(await comment.locator("b").count(), 0, "HTML is shown as it was typed");
	assert.ok(await page.evaluate(() => globalThis.stayed), "the page was not loaded again");

	await guest.page.locator(".comment", { hasText: "it is great" }).waitFor();
	assert.match(await guest.page.textContent("#comments-status"), /1 new comment/);
	assert.match(await guest.page.textContent("#comments-title"), /1 comment/);
	await noSeriousFinding(page);
});

test("who wrote something is told of what others wrote only", async () => {
	const { page } = alice;
	await toComments(page);
	await page.fill("#text-0", "this one is mine");
	await page.click(".comment-form button.main");
	await page.locator(".comment", { hasText: "this one is mine" }).waitFor();
	await page.evaluate(async () => { // as from another device
		const body = new URLSearchParams(new FormData(document.querySelector(".comment-form")));
		body.set("text", "that one comes from elsewhere");
		await fetch(`${location.pathname}/comments`, { method: "POST", body });
	});
	await page.locator(".comment", { hasText: "comes from elsewhere" }).waitFor();
	assert.match(await page.textContent("#comments-status"), /^1 new comment$/);
});

test("a time in a comment leads to that place of the video", async () => {
	const { page } = alice;
	await page.click(".comment-text a[data-seek]");
	await until("the video is at 0:07", () => page.evaluate(() => Math.abs(document.querySelector("video").currentTime - 7) < 2));
});

test("answers appear below, here and elsewhere", async () => {
	const { page } = alice;
	await page.click("a[data-reply]");
	const text = page.locator(".reply-form textarea");
	assert.ok(await text.evaluate((t) => t === document.activeElement), "one can type at once");
	await text.fill("An answer");
	await page.click(".reply-form button.main");
	await page.locator(".replies .comment", { hasText: "An answer" }).waitFor();
	assert.equal(await page.locator(".reply-form").count(), 0);
	await guest.page.locator(".replies .comment", { hasText: "An answer" }).waitFor();

	await toComments(guest.page);
	await guest.page.click("a[data-replies]");
	await guest.page.locator(".replies .comment", { hasText: "An answer" }).waitFor();
	await noSeriousFinding(guest.page);
});

test("an address leads to its comment", async () => {
	const id = await guest.page.locator(".replies .comment").getAttribute("id");
	for (const address of [`${watch};threadId=${id.slice(8)}`, `${watch}?threadId=${id.slice(8)}`]) {
		await guest.page.goto(site.url + address);
		await guest.page.locator(`#${id}.lit`).waitFor();
		assert.ok(await guest.page.locator(`#${id}`).evaluate((c) => c === document.activeElement));
	}
});

test("what cannot be sent is not lost", async () => {
	const { page, context } = alice;
	await page.fill("#text-0", "words that took long");
	await context.setOffline(true);
	await page.click(".comment-form:not(.reply-form) button.main");
	await page.locator(".comment-form .notice.bad", { hasText: "could not be sent" }).waitFor();
	assert.equal(await page.inputValue("#text-0"), "words that took long");
	await context.setOffline(false);
	await toComments(page);
	assert.equal(await page.inputValue("#text-0"), "words that took long", "nor by reloading");
	await page.fill("#text-0", "\u200b");
	await page.click(".comment-form button.main");
	await page.locator(".comment-form .notice.bad").waitFor();
	assert.match(await page.textContent(".comment-form .notice.bad"), /between 1 and 10,000/);
	await page.fill("#text-0", "words after all");
	await page.click(".comment-form button.main");
	await page.locator(".comment", { hasText: "words after all" }).waitFor();
	assert.equal(await page.locator(".comment-form .notice.bad").count(), 0, "what was wrong is over");
	assert.equal(await page.getAttribute("#text-0", "aria-invalid"), null);
});

test("a video that is closed meanwhile takes no words along", async () => {
	const person = { username: "bob", password: "password-of-bob", email: "bob@example.org" };
	assert.ok((await fetch(`${site.url}/api/v1/users/register`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(person) })).ok);
	const bob = await openWindow(browser);
	await logIn(bob.page, site, "bob", person.password);
	await toComments(bob.page);
	const notice = bob.page.locator(".comment-form .notice.bad");
	// What stands before the pages answers with no form.
	await bob.page.route("**/comments", (route) => route.fulfill({ status: 503, contentType: "text/html", body: "<form action='/search'><input></form>" }));
	await bob.page.fill("#text-0", "words of bob");
	await bob.page.click(".comment-form button.main");
	await notice.filter({ hasText: "could not be sent" }).waitFor();
	assert.equal(await bob.page.inputValue("#text-0"), "words of bob");
	await bob.page.unroute("**/comments");
	const root = await asRoot(site);
	const privacy = (n) => root("PUT", `/videos/${watch.slice(3)}`, { privacy: n });
	await privacy(3);
	await bob.page.click(".comment-form button.main");
	await notice.filter({ hasText: "not open to you any more" }).waitFor();
	assert.equal(await bob.page.inputValue("#text-0"), "words of bob");
	await privacy(1);
	await bob.page.click(".comment-form button.main");
	const comment = bob.page.locator(".comment", { hasText: "words of bob" });
	await comment.waitFor();
	// What does not work is said where one looks.
	await bob.page.click("#rating [data-key='L']");
	await bob.page.locator("#rating [data-key='L'][aria-pressed='true']").waitFor();
	await privacy(3);
	await bob.page.click("#rating [data-key='L']");
	await bob.page.locator("#rating .notice.bad", { hasText: "only its owner may see it" }).waitFor();
	// Nothing is deleted to be written again where it cannot be.
	const redraft = () => press(bob.page, ".comment:has-text('words of bob') button:has-text('Delete and write again')");
	await comment.locator("summary").click();
	await redraft();
	await bob.page.getByText("only its owner may see it").waitFor();
	await privacy(1);
	await toComments(bob.page);
	await comment.locator("summary").click();
	await root("PUT", `/videos/${watch.slice(3)}`, { commentsPolicy: 2 });
	await redraft();
	await bob.page.getByText("Comments are turned off for this video.").waitFor();
	await root("PUT", `/videos/${watch.slice(3)}`, { commentsPolicy: 1 });
	await toComments(bob.page);
	await comment.waitFor();
	const cookies = await bob.context.cookies();
	await bob.context.clearCookies();
	await bob.page.click("#rating [data-key='L']");
	await bob.page.locator("#rating .notice.bad", { hasText: "Please log in" }).waitFor();
	await comment.locator("summary").click();
	await comment.locator("button:text-is('Delete')").click();
	await comment.locator(".notice.bad", { hasText: "Please log in" }).waitFor();
	await bob.context.addCookies(cookies);
	await bob.page.click("#rating [data-key='L']");
	await bob.page.locator("#rating [data-key='L'][aria-pressed='false']").waitFor();
	assert.equal(await bob.page.locator("#rating .notice").count(), 0);
	await comment.locator("button:text-is('Delete')").click();
	await comment.waitFor({ state: "detached" });
	assert.deepEqual(bob.problems.filter((p) => !/status of (401|403|409|503)/.test(p)), []);
	await bob.close();
});

test("a comment is deleted and written again", async () => {
	const { page } = alice;
	await toComments(page);
	await page.fill("#text-0", "wit a mistake");
	await page.click(".comment-form button.main");
	const comment = page.locator(".comment", { hasText: "wit a mistake" });
	await comment.locator("summary").click();
	await press(page, ".comment:has-text('wit a mistake') button:has-text('Delete and write again')");
	assert.equal(await page.inputValue("#text-0"), "wit a mistake");
	await page.fill("#text-0", "with no mistake");
	await page.click(".comment-form button.main");
	const again = page.locator(".comment", { hasText: "with no mistake" });
	await again.waitFor();
	assert.equal(await page.getByText("Write it again below").count(), 0, "what was asked for is done");
	await page.goto(page.url());
	assert.equal(new URL(page.url()).pathname, `${watch}/comments`);
	await again.locator("summary").click();
	await again.locator("button:text-is('Delete')").click();
	await again.waitFor({ state: "detached" });
	assert.equal(await page.locator(".comment", { hasText: "wit a mistake" }).count(), 0);
});

test("likes are given by clicks and keys, and asked of people who are logged in", async () => {
	const { page } = alice;
	await page.goto(site.url + watch);
	await page.click("#rating [data-key='L']");
	await page.locator("#rating [data-key='L'][aria-pressed='true']").waitFor();
	assert.match(await page.textContent("#rating [data-key='L']"), /1/);
	await page.locator("h1").click();
	await page.keyboard.press("Shift+D");
	await page.locator("#rating [data-key='D'][aria-pressed='true']").waitFor();
	assert.match(await page.textContent("#rating [data-key='L']"), /0/);
	await page.keyboard.press("Shift+D");
	await page.locator("#rating [data-key='D'][aria-pressed='false']").waitFor();

	await guest.page.goto(site.url + watch);
	await guest.page.click("#rating [data-key='L']");
	assert.ok(await guest.page.locator("#rate-login").isVisible());
	assert.match(await guest.page.textContent("#rate-login"), /need an account/);
});

test("all of it without scripts", async () => {
	const plain = await openWindow(browser, { javaScriptEnabled: false });
	const { page } = plain;
	await page.goto(site.url + watch);
	await press(page, "#comments a.button");
	assert.match(await page.textContent("#threads"), /it is great/);
	await press(page, "a:has-text('Log in to comment')");
	await page.fill("#f-username", "root");
	await page.fill("#f-password", rootPassword);
	await press(page, "main form button");
	await press(page, "#comments a.button");
	await page.fill("#text-0", "without scripts");
	await press(page, ".comment-form button.main");
	assert.match(await page.textContent(".notice"), /Your comment was sent/);
	await press(page, ".comment:has-text('without scripts') a:has-text('Reply')");
	await page.fill(".comment-form textarea", "an answer without scripts");
	await press(page, ".comment-form button.main");
	assert.match(await page.textContent(".replies"), /an answer without scripts/);
	await page.goto(site.url + watch);
	await press(page, "#rating [data-key='L']");
	assert.equal(await page.getAttribute("#rating [data-key='L']", "aria-pressed"), "true");
	await page.goto(`${site.url}/my-library/comments-on-my-videos`);
	assert.match(await page.textContent("#list"), /an answer without scripts/);
	await page.goto(`${site.url}/my-account/blocklist/servers`);
	await page.fill("#f-name", "bad.example");
	await press(page, "main form button.main");
	assert.match(await page.textContent("#list"), /bad.example/);
	await plain.close();
});

test("small windows hold deep threads", async () => {
	const small = await openWindow(browser, { viewport: { width: 320, height: 700 } });
	await toComments(small.page);
	const out = await small.page.evaluate(() => document.documentElement.scrollWidth <= 320 ? [] :
		[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 320.5).map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}: ${e.textContent.slice(0, 40)}`));
	assert.deepEqual(out, [], "nothing sticks out");
	await small.close();
});

test("all replies of a large thread can be read", async () => {
	const { page } = alice;
	await toComments(page);
	await page.fill("#text-0", "what do you all think?");
	await page.click(".comment-form button.main");
	const thread = page.locator(".thread", { hasText: "what do you all think?" });
	await thread.waitFor();
	await page.evaluate(async (id) => {
		const body = new URLSearchParams(new FormData(document.querySelector(".comment-form")));
		body.set("replyTo", id);
		for (let i = 0; i < 210; i++) {
			body.set("text", `opinion ${i}.`);
			if (!(await fetch(`${location.pathname}/comments`, { method: "POST", body, headers: { "X-Part": "1" } })).ok) throw new Error(`opinion ${i}`);
		}
	}, (await thread.locator(".comment").first().getAttribute("id")).slice(8));
	await toComments(page);
	const replies = thread.locator(".replies .comment");
	const show = (n) => thread.locator("a[data-replies]", { hasText: `Show ${n} ` }).click();
	const there = (n) => until(`${n} replies`, async () => await replies.count() === n);
	await show(210);
	await there(20);
	// One's own stands below, and is not shown twice when the others come.
	await thread.locator("a[data-reply]").first().click();
	await page.fill(".reply-form textarea", "my opinion");
	await page.click(".reply-form button.main");
	await replies.filter({ hasText: "my opinion" }).waitFor();
	await show(190);
	await there(41);
	assert.ok(await replies.filter({ hasText: "opinion 20." }).evaluate((c) => c === document.activeElement), "the focus is on the first that came");
	await replies.filter({ hasText: "opinion 30." }).locator("summary").click();
	await replies.filter({ hasText: "opinion 30." }).locator("button:text-is('Delete')").click();
	await replies.filter({ hasText: "opinion 30." }).waitFor({ state: "detached" });
	assert.equal(await thread.locator("a[data-replies]").count(), 1);
	for (let left = 150; left > 0; left -= 20) await show(left);
	await there(210);
	assert.equal(await thread.locator("a[data-replies]").count(), 0);
	assert.match(await replies.last().textContent(), /my opinion/);
});

test("a video is reported in a dialog, decided on by keyboard, and its reporter sees it", async () => {
	const person = { username: "eve", password: "password-of-eve", email: "eve@example.org" };
	const made = await fetch(`${site.url}/api/v1/users/register`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(person) });
	assert.ok(made.ok);
	const eve = await openWindow(browser, { viewport: { width: 320, height: 700 } });
	await eve.page.goto(site.url + watch);
	await eve.page.click("#actions a[href$='/report']");
	await press(eve.page, "dialog a.main"); // who is not logged in is asked to
	await eve.page.fill("#f-username", "eve");
	await eve.page.fill("#f-password", person.password);
	await press(eve.page, "main form button");
	assert.equal(new URL(eve.page.url()).pathname, `${watch}/report`);

	await toComments(eve.page);
	await eve.page.click("#actions a[href$='/report']");
	await eve.page.fill("dialog [name=reason]", " .");
	await eve.page.check("dialog [value=spamOrMisleading]");
	await eve.page.click("dialog button.main");
	await eve.page.locator("dialog #error-reason").waitFor();
	assert.ok(await eve.page.locator("dialog [name=reason]").evaluate((t) => t === document.activeElement), "the focus is on what is wrong");
	assert.ok(await eve.page.isChecked("dialog [value=spamOrMisleading]"), "what was ticked is kept");
	await noSeriousFinding(eve.page);
	await eve.page.fill("dialog [name=reason]", "It is about nothing");
	await eve.page.evaluate(() => { document.querySelector("#player video").currentTime = 1; });
	await eve.page.click("dialog summary");
	await eve.page.click("dialog [data-field=abuse-start]");
	assert.equal(await eve.page.inputValue("#abuse-start"), "0:01", "the time of the player");
	await eve.page.click("dialog button.main");
	await eve.page.locator(".toast", { hasText: "Your report was sent" }).waitFor();

	const { page } = alice;
	await page.goto(`${site.url}/admin/moderation/abuses/list`);
	assert.match(await page.textContent("#list"), /From 0:01[^]*It is about nothing|It is about nothing[^]*From 0:01/);
	assert.equal(await page.textContent("#menu .menu-count"), "1");
	await page.locator("#list button", { hasText: "Accept" }).focus();
	await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
	assert.match(await page.textContent("main .notice"), /was accepted/);
	await page.goto(`${site.url}/admin/moderation/abuses/1`);
	await page.fill("#f-message", "Thank you");
	await press(page, "form[action$='/messages'] button");

	await eve.page.goto(`${site.url}/my-account/abuses`);
	assert.match(await eve.page.textContent("#list"), /Accepted/);
	await press(eve.page, "#list a.button");
	assert.match(await eve.page.textContent("#discussion"), /Thank you/);
	assert.ok(await eve.page.evaluate(() => document.documentElement.scrollWidth <= 320), "nothing sticks out");
	assert.deepEqual(eve.problems.filter((p) => !p.includes("status of 400")), []);
	await eve.close();
});

test("the browser had nothing to complain about", () => {
	const expected = /ERR_INTERNET_DISCONNECTED|status of 400|favicon/;
	assert.deepEqual([...alice.problems, ...guest.problems].filter((p) => !expected.test(p)), []);
});
