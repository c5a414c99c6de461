// The offer to open a page in the app: on phones alone, and once.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { startSite, startBrowser } from "./site.mjs";

const ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1";

let site, browser;
before(async () => { site = await startSite(); browser = await startBrowser(); });
after(async () => { await browser.close(); await site.remove(); });

async function visit(userAgent, path, width = 390) {
	const context = await browser.newContext({ userAgent, viewport: { width, height: 800 }, locale: "en" });
	const page = await context.newPage();
	await page.addInitScript(() => { window.shift = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) window.shift += e.value; }).observe({ type: "layout-shift", buffered: true }); });
	await page.goto(site.url + path);
	return page;
}

const offer = (page) => page.getByRole("complementary", { name: "PeerTube app" });

test("an Android phone opens a channel in the app, or the store", async () => {
	const page = await visit(ANDROID, "/c/root_channel/videos");
	const link = offer(page).getByRole("link", { name: "Open in the app" });
	await link.waitFor();
	const host = encodeURIComponent(new URL(site.url).host);
	assert.equal(await link.getAttribute("href"), `intent://joinpeertube.org/video-channel/root_channel?host=${host}#Intent;scheme=peertube;` +
		`S.browser_fallback_url=${encodeURIComponent("https://play.google.com/store/apps/details?id=org.framasoft.peertube")};end`);
	assert.ok(await page.evaluate(() => window.shift) < 0.02, "the page moves");
	if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/app.png` });
	await page.context().close();
});

test("an iPhone has its own address, and what is put away stays away", async () => {
	const page = await visit(IPHONE, "/about", 320);
	const host = encodeURIComponent(new URL(site.url).host);
	assert.equal(await offer(page).getByRole("link").getAttribute("href"), `peertube://joinpeertube.org/?host=${host}`);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
	await offer(page).getByRole("button", { name: "Do not offer the app again" }).press("Enter");
	assert.equal(await offer(page).count(), 0);
	await page.goto(site.url + "/");
	await page.waitForLoadState("load");
	assert.equal(await offer(page).count(), 0);
	await page.context().close();
});

test("computers and wide screens are offered nothing", async () => {
	for (const [agent, width] of [[undefined, 1280], [undefined, 390], [ANDROID, 1280]]) {
		const page = await visit(agent, "/about", width);
		await page.waitForLoadState("load");
		assert.equal(await offer(page).count(), 0, `${agent} ${width}`);
		await page.context().close();
	}
});
