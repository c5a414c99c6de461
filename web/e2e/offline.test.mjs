// The site as a browser installs it, and what is seen while the network is away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openLine, startBrowser, startSite } from "./site.mjs";
import { openWindow, until } from "./person.mjs";

let site, line, browser;

before(async () => {
	site = await startSite();
	line = await openLine(site);
	browser = await startBrowser();
});
after(async () => {
	await browser?.close();
	line?.close();
	await site?.remove();
});

test("the manifest has what browsers ask for before they install a site", async () => {
	const { page, close } = await openWindow(browser);
	await page.goto(site.url);
	const cdp = await page.context().newCDPSession(page);
	const { url, errors } = await cdp.send("Page.getAppManifest");
	assert.equal(url, `${site.url}/manifest.webmanifest`);
	assert.deepEqual(errors, []);
	const manifest = await (await fetch(url)).json();
	for (const { src, sizes, type } of manifest.icons) {
		const picture = await page.request.get(new URL(src, site.url).href);
		assert.equal(picture.headers()["content-type"], type, src);
		if (type !== "image/png") continue;
		const bytes = await picture.body();
		assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes, src);
	}
	const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
	assert.deepEqual(installabilityErrors.filter((e) => e.errorId !== "in-incognito"), []);
	await close();
});

test("without a network a page says so, and others are never shown as they were", async () => {
	const { page, problems, close } = await openWindow(browser);
	await page.goto(`${line.url}/about`);
	await until("the worker is there", () => page.evaluate(async () => !!(await navigator.serviceWorker.getRegistration("/"))?.active));
	assert.deepEqual(await page.evaluate(async () => {
		const kept = [];
		for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) kept.push(new URL(r.url).pathname);
		return kept;
	}), ["/offline"]);
	await page.goto(`${line.url}/about`);
	line.set({ cut: true });
	await page.goto(`${line.url}/about`);
	assert.equal(await page.textContent("h1"), "You are offline");
	assert.match(await page.locator("a").evaluate((a) => getComputedStyle(a).borderRadius), /999px/, "it has its style");
	line.set({});
	await page.click("text=Try again");
	await page.waitForFunction(() => !!document.querySelector("header.top"));
	assert.deepEqual(problems.filter((p) => !/ERR_|Failed to load/.test(p)), []);
	await close();
});
