// A mail server that keeps what it gets, for sites under test.
import { createServer } from "node:net";
import { until } from "./person.mjs";

/** Starts it; env are the settings with which a site sends through it. */
export async function openMailbox() {
	const letters = [];
	const server = createServer((socket) => serve(socket, letters));
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return {
		letters,
		env: {
			SEPIOLA_SMTP_HOSTNAME: "127.0.0.1", SEPIOLA_SMTP_PORT: String(server.address().port),
			SEPIOLA_SMTP_TLS: "false", SEPIOLA_SMTP_DISABLE_STARTTLS: "true", SEPIOLA_SMTP_FROM_ADDRESS: "site@example.org",
		},
		/** Waits for the first letter to somebody whose subject fits, and takes it out. */
		take: (to, subject) => until(`a letter to ${to}: ${subject}`, () => {
			const at = letters.findIndex((l) => l.to === to && subject.test(l.subject));
			return at >= 0 && letters.splice(at, 1)[0];
		}),
		close: () => server.close(),
	};
}

/** Talks SMTP as far as a well-behaved sender needs. */
function serve(socket, letters) {
	let buffer = "", to = "", data = false;
	const say = (line) => socket.write(`${line}\r\n`);
	socket.setEncoding("utf8");
	socket.on("error", () => socket.destroy());
	socket.on("data", (chunk) => {
		buffer += chunk;
		for (;;) {
			const end = buffer.indexOf(data ? "\r\n.\r\n" : "\r\n");
			if (end < 0) return;
			const text = buffer.slice(0, end);
			buffer = buffer.slice(end + (data ? 5 : 2));
			if (data) {
				letters.push(read(to, text));
				data = false;
				say("250 kept");
				continue;
			}
			const verb = text.slice(0, 4).toUpperCase();
			if (verb === "RCPT") to = /<([^>]*)>/.exec(text)[1];
			if (verb === "DATA") data = true;
			say(verb === "DATA" ? "354 go on" : verb === "QUIT" ? "221 bye" : "250 fine");
			if (verb === "QUIT") socket.end();
		}
	});
	say("220 a mailbox of a test");
}

/** What a reader sees of a letter: its subject, its text, and the links in it. */
function read(to, raw) {
	const header = (name) => {
		const value = new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, "im").exec(raw)?.[1] ?? "";
		return value.replace(/\r\n[ \t]+/g, " ").replace(/=\?UTF-8\?q\?(.*?)\?=/gi, (_, s) => quoted(s.replace(/_/g, " ")));
	};
	const plain = /Content-Type: text\/plain[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/i.exec(raw)?.[1] ?? "";
	const text = quoted(plain);
	return { to, subject: header("Subject"), replyTo: header("Reply-To"), text, links: text.match(/https?:\/\/\S+/g) ?? [] };
}

/** Decodes quoted-printable text. */
function quoted(s) {
	const bytes = s.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => `\0${hex}`);
	const out = [];
	for (let i = 0; i < bytes.length; i++) {
		if (bytes[i] === "\0") out.push(parseInt(bytes.slice(i + 1, i += 3), 16)), i--;
		else out.push(...Buffer.from(bytes[i]));
	}
	return Buffer.from(out).toString("utf8");
}
