// "sepiola index": a public list of sites, with two sites of this machine on it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser, startSite } from "./site.mjs";
import { openWindow, press, until } from "./person.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const binary = process.env.SEPIOLA_BINARY ?? resolve(import.meta.dirname, "../../bin/sepiola");
const json = { "Content-Type": "application/json" };

let list, films, music, browser;

/** Starts an index on an empty directory. */
async function startIndex(...flags) {
	const dir = mkdtempSync(join(tmpdir(), "sepiola-index-"));
	const port = await freePort();
	const index = { url: `http://localhost:${port}`, log: "" };
	const child = spawn(binary, ["index", "--data", dir, "--listen", `127.0.0.1:${port}`, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => { index.log = (index.log + b).slice(-8000); });
	index.remove = async () => {
		const ended = new Promise((done) => child.once("exit", done));
		child.kill();
		const code = await ended;
		rmSync(dir, { recursive: true, force: true });
		return code;
	};
	index.add = (host) => fetch(`${index.url}/api/v1/instances`, { method: "POST", headers: json, body: JSON.stringify({ host }) });
	index.hosts = async (query = "") => (await (await fetch(`${index.url}/api/v1/instances/hosts?count=1000&${query}`)).json()).data.map((d) => d.host);
	await until("the index answers", async () => (await fetch(`${index.url}/api/v1/ping`).catch(() => null))?.ok);
	return index;
}

function freePort() {
	return new Promise((done) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}

/**
 * Starts a site behind a proxy, as most are. The proxy answers NodeInfo for a site that
 * does not do so itself, since federation is turned off there.
 */
async function startTube(env) {
	const port = await freePort();
	const site = await startSite({ SEPIOLA_WEBSERVER_HOSTNAME: "localhost", SEPIOLA_WEBSERVER_PORT: String(port), ...env });
	const tube = { host: `localhost:${port}` };
	const version = (await (await fetch(`${site.url}/api/v1/config`)).json()).serverVersion;
	const nodeInfo = {
		"/.well-known/nodeinfo": { links: [{ rel: "http://nodeinfo.diaspora.software/ns/schema/2.0", href: `http://${tube.host}/nodeinfo/2.0.json` }] },
		"/nodeinfo/2.0.json": { version: "2.0", software: { name: "sepiola", version } },
	};
	const proxy = createServer((from, to) => {
		const way = request(site.url + from.url, { method: from.method, headers: { ...from.headers, host: tube.host } }, (answer) => {
			if (answer.statusCode === 404 && nodeInfo[from.url]) {
				answer.resume();
				to.writeHead(200, json).end(JSON.stringify(nodeInfo[from.url]));
				return;
			}
			to.writeHead(answer.statusCode, answer.headers);
			answer.pipe(to);
		});
		way.on("error", () => to.destroy());
		from.pipe(way);
	});
	tube.open = () => new Promise((done) => proxy.listen(port, "127.0.0.1", done));
	tube.close = () => new Promise((done) => { proxy.close(done); proxy.closeAllConnections(); });
	tube.remove = async () => {
		await tube.close();
		await site.remove();
	};
	await tube.open();
	return tube;
}

before(async () => {
	[list, films, music, browser] = await Promise.all([
		startIndex("--allow-network", "127.0.0.0/8", "--plain-http", "--crawl-every", "1s", "--log-level", "debug"),
		startTube({ SEPIOLA_INSTANCE_NAME: "Films of the sea", SEPIOLA_INSTANCE_SHORT_DESCRIPTION: "Squids and <b>cuttlefish</b>", SEPIOLA_INSTANCE_LANGUAGES: '["fr"]', SEPIOLA_INSTANCE_CATEGORIES: "[2]", SEPIOLA_INSTANCE_DEFAULT_NSFW_POLICY: "blur" }),
		startTube({ SEPIOLA_INSTANCE_NAME: "Music for all", SEPIOLA_SIGNUP_ENABLED: "false", SEPIOLA_INSTANCE_LANGUAGES: '["en"]', SEPIOLA_INSTANCE_CATEGORIES: "[1]" }),
		startBrowser(),
	]);
});
after(async () => {
	await browser?.close();
	await Promise.all([films?.remove(), music?.remove()]);
	assert.equal(await list?.remove(), 0, "the index ends well");
});

test("sites are added by the API and by the page, without scripts", async () => {
	const answer = await list.add(films.host);
	assert.equal(answer.status, 200, list.log);
	assert.deepEqual(await answer.json(), { instance: { id: 1, host: films.host } });
	assert.equal((await list.add(films.host)).status, 409, "once is enough");

	const { page, problems, close } = await openWindow(browser, { javaScriptEnabled: false });
	await page.goto(list.url);
	await page.click("header a[href='/add']");
	await page.fill("#f-host", "localhost:1");
	await press(page, "main form button");
	assert.match(await page.textContent("#error-host"), /does not answer/);
	assert.equal(await page.inputValue("#f-host"), "localhost:1");
	await page.fill("#f-host", `http://${music.host}/videos/trending`);
	await press(page, "main form button");
	assert.match(await page.textContent("[role=status]"), new RegExp(`${music.host} is on the list`));
	assert.deepEqual((await list.hosts("sort=createdAt")), [films.host, music.host]);
	assert.deepEqual(problems.filter((p) => !p.includes("409")), []);
	await close();
});

test("the API tells what the sites say of themselves", async () => {
	const { total, data } = await (await fetch(`${list.url}/api/v1/instances?sort=createdAt`)).json();
	assert.equal(total, 2);
	const [a, b] = data;
	assert.deepEqual([a.name, a.signupAllowed, a.languages, a.categories, a.defaultNSFWPolicy, a.health], ["Films of the sea", true, ["fr"], [2], "blur", 100]);
	assert.deepEqual([b.name, b.signupAllowed, b.languages, b.totalUsers], ["Music for all", false, ["en"], 1]);
	const before = new Date(Date.parse(b.createdAt)).toISOString();
	assert.deepEqual(await list.hosts(`since=${before}`), [music.host], "what auto-follow asks");
	assert.deepEqual(await list.hosts(`since=${new Date(Date.now() + 60_000).toISOString()}`), []);
});

test("a site is chosen by filters, without scripts", async () => {
	const { page, problems, close } = await openWindow(browser, { javaScriptEnabled: false });
	const names = () => page.locator(".site h2").allTextContents();
	await page.goto(list.url);
	assert.deepEqual((await names()).sort(), ["Films of the sea", "Music for all"]);
	assert.equal(await page.locator(".site b").count(), 0, "texts of sites are no HTML");
	for (const [field, label, want] of [["language", "French", "Films of the sea"], ["category", "Music", "Music for all"], ["signup", "No new accounts", "Music for all"], ["sensitive", "Blurred", "Films of the sea"]]) {
		await page.goto(list.url);
		if (field !== "language") await page.click("summary");
		await page.selectOption(`#f-${field}`, { label });
		await press(page, "main form button");
		assert.deepEqual(await names(), [want], `${field}: ${label}`);
		assert.ok(await page.locator(`#f-${field}`).isVisible(), "what is set is seen");
	}
	await page.goto(list.url);
	await page.fill("#f-search", "cuttlefish");
	await page.keyboard.press("Enter");
	await page.waitForURL(/search=cuttlefish/);
	assert.deepEqual(await names(), ["Films of the sea"]);
	await page.fill("#f-search", "nothing like it");
	await press(page, "main form button");
	assert.match(await page.textContent("main"), /No site is like this/);
	await page.click("text=Clear");
	assert.equal((await names()).length, 2);
	assert.equal(await page.getAttribute(".site h2 a >> text=Films", "href"), `http://${films.host}/`);
	assert.deepEqual(problems, []);
	await close();
});

test("axe finds nothing, in light and dark, from both sides", async () => {
	for (const options of [{ locale: "en-GB" }, { locale: "ar", colorScheme: "dark" }]) {
		const { page, close } = await openWindow(browser, options);
		for (const path of ["/", "/?search=none", "/add", "/add?done=a.example.org", "/nothing"]) {
			await page.goto(list.url + path);
			await page.evaluate(axe);
			const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
			assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), [], path);
		}
		await close();
	}
});

test("nothing sticks out on 320 pixels, in any language", async () => {
	for (const locale of ["en", "fr", "de", "es", "ar", "ja"]) {
		const { page, problems, close } = await openWindow(browser, { locale, viewport: { width: 320, height: 640 } });
		for (const path of ["/", "/add", "/nothing"]) {
			await page.goto(list.url + path);
			if (path === "/") await page.click("summary");
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			assert.ok(wide <= 0, `${path} in ${locale} is ${wide} pixels too wide`);
			assert.equal(await page.getAttribute("html", "lang"), locale);
		}
		assert.deepEqual(problems.filter((p) => !p.includes("404")), [], "the content policy has nothing to say");
		await close();
	}
});

test("a language is chosen and kept", async () => {
	const { page, close } = await openWindow(browser);
	await page.goto(`${list.url}/?search=films`);
	await page.selectOption("#foot-language", "de");
	await press(page, "footer button");
	assert.equal(await page.textContent("h1"), "Eine Videoseite wählen");
	assert.equal(new URL(page.url()).search, "?search=films");
	await page.goto(`${list.url}/add`);
	assert.equal(await page.textContent("h1"), "Eine Seite hinzufügen");
	await close();
});

test("a dead site is hidden, and shown again when it is registered anew", async () => {
	await music.close();
	await until("the dead site is hidden", async () => !(await list.hosts()).includes(music.host), { timeout: 60_000 });
	assert.equal((await list.add(music.host)).status, 409, "it is still dead");
	await music.open();
	assert.equal((await list.add(music.host)).status, 200, "nobody waits for the next visit");
	const { data } = await (await fetch(`${list.url}/api/v1/instances?search=music`)).json();
	assert.equal(data[0].id, 2, "it is the same site");
	assert.ok(data[0].health < 100);
});

test("an index on the internet reaches public addresses alone", async () => {
	const guarded = await startIndex("--plain-http");
	for (const host of [films.host, "127.0.0.1", "[::1]", "localhost", "10.0.0.1", "169.254.169.254", `127.0.0.1.nip.io@${films.host}`]) {
		assert.equal((await guarded.add(host)).status, 400, host);
	}
	assert.deepEqual(await guarded.hosts(), []);
	await guarded.remove();
});
