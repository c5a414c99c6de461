// A site of its own for each test file: the built binary on an empty data
// directory, and a browser beside it.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, existsSync, createWriteStream, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

export const rootPassword = "e2e-password-1";

const binary = process.env.SEPIOLA_BINARY ?? resolve(import.meta.dirname, "../../bin/sepiola");

function freePort() {
	return new Promise((done, fail) => {
		const server = createServer();
		server.on("error", fail);
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}

/** Starts a site. env are further settings (SEPIOLA_…). */
export async function startSite(env = {}) {
	const dir = mkdtempSync(join(tmpdir(), "sepiola-e2e-"));
	const port = await freePort();
	const site = { dir, url: `http://localhost:${port}`, process: null };
	site.launch = async () => {
		site.process = spawn(binary, ["serve", "--data", join(dir, "data"), "--listen", `127.0.0.1:${port}`], {
			env: { ...process.env, PT_INITIAL_ROOT_PASSWORD: rootPassword, SEPIOLA_SIGNUP_ENABLED: "true", SEPIOLA_SIGNUP_REQUIRES_APPROVAL: "false",
				SEPIOLA_RATES_LIMIT_CLIENT_MAX: "100000", SEPIOLA_RATES_LIMIT_API_MAX: "100000", ...env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		const log = createWriteStream(join(dir, "serve.log"), { flags: "a" });
		site.process.stdout.pipe(log, { end: false });
		site.process.stderr.pipe(log, { end: false });
		const deadline = Date.now() + 30_000;
		while (Date.now() < deadline) {
			try {
				if ((await fetch(`${site.url}/api/v1/ping`)).ok) return;
			} catch { /* not yet */ }
			await new Promise((r) => setTimeout(r, 20));
		}
		throw new Error(`the site did not start:\n${site.log()}`);
	};
	site.end = (signal = "SIGTERM") => new Promise((done, fail) => {
		const { process } = site;
		if (process.exitCode !== null || process.signalCode !== null) return done(); // it had ended by itself
		const late = setTimeout(() => {
			process.kill("SIGKILL");
			fail(new Error(`the site did not stop:\n${site.log()}`));
		}, 60_000);
		process.once("exit", () => { clearTimeout(late); done(); });
		process.kill(signal);
	});
	site.log = () => readFileSync(join(dir, "serve.log"), "utf8").slice(-4000);
	site.remove = async () => {
		await site.end();
		rmSync(dir, { recursive: true, force: true });
	};
	await site.launch();
	return site;
}

/**
 * Opens a line to a site, which can be cut (connections end, new ones are
 * refused), frozen (nothing goes through any more, and nobody is told), or let
 * only so many more bytes go up: what the connection that has more sends is
 * lost until it ends, others go on. line.full tells when that begins.
 */
export async function openLine(site) {
	const sockets = new Set();
	const line = { url: "", cut: false, frozen: false, full: null };
	let room = Infinity, filled;
	const server = createServer((near) => {
		if (line.cut) return near.destroy();
		const far = connect(Number(new URL(site.url).port), "127.0.0.1");
		for (const [from, to] of [[near, far], [far, near]]) {
			sockets.add(from);
			from.on("error", () => to.destroy());
			from.on("close", () => { sockets.delete(from); to.destroy(); });
			if (!line.frozen) from.pipe(to);
		}
		near.on("data", (bytes) => {
			room -= bytes.length;
			if (room > 0) return;
			room = Infinity; // for what others send: a cancellation, a page
			near.unpipe().resume(); // or it would not see the end
			filled();
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	line.url = `http://localhost:${server.address().port}`;
	line.set = ({ cut = false, frozen = false, up = Infinity }) => {
		const ended = cut || line.frozen; // what was frozen does not thaw
		Object.assign(line, { cut, frozen });
		room = up;
		line.full = new Promise((done) => { filled = done; });
		for (const s of sockets) {
			if (ended) s.destroy();
			else if (frozen) s.unpipe().pause();
		}
	};
	line.close = () => { line.set({ cut: true }); server.close(); };
	return line;
}

const whole = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts Chromium, Debian’s or what CHROMIUM names, with more arguments: the
 * one without windows where it is, as it works less. */
export const startBrowser = (more = []) => start(["/usr/bin/chromium-headless-shell", ...whole], more);

/** Starts a Chromium that shows notifications too. */
export const startWholeBrowser = () => start(whole);

function start(paths, more = []) {
	return chromium.launch({
		executablePath: [process.env.CHROMIUM, ...paths].find((path) => path && existsSync(path)),
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", ...more],
	});
}

/** Makes a clip with ffmpeg and returns its path. */
export function makeClip(dir, name, args) {
	const path = join(dir, name);
	execFileSync("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args, path]);
	return path;
}

/** Picture and sound of a test clip, as ffmpeg inputs. */
export const inputs = (seconds, size = "640x360") => [
	"-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=${seconds}`,
	"-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`,
];
