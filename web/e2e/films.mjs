// Videos with all that belongs to them, made through the API.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { rootPassword } from "./site.mjs";
import { until } from "./person.mjs";

/** Asks the API of a site as its administrator. */
export async function asRoot(site) {
	const client = await (await fetch(`${site.url}/api/v1/oauth-clients/local`)).json();
	const answer = await fetch(`${site.url}/api/v1/users/token`, { method: "POST", body: new URLSearchParams({
		client_id: client.client_id, client_secret: client.client_secret, grant_type: "password", username: "root", password: rootPassword,
	}) });
	const { access_token: token } = await answer.json();
	return async (method, path, body) => {
		const json = body && !(body instanceof FormData);
		const got = await fetch(`${site.url}/api/v1${path}`, {
			method, headers: { Authorization: `Bearer ${token}`, ...(json ? { "Content-Type": "application/json" } : {}) }, body: json ? JSON.stringify(body) : body,
		});
		assert.ok(got.ok, `${method} ${path}: ${got.status} ${got.ok ? "" : await got.clone().text()}`);
		return got.status === 204 ? null : got.json();
	};
}

/** Lines that are said every two seconds. */
export const spoken = (lines) => "WEBVTT\n\n" + lines.map((text, i) => `00:00:${String(i * 2).padStart(2, "0")}.000 --> 00:00:${String(i * 2 + 1).padStart(2, "0")}.900\n${text}\n`).join("\n");

/** Uploads a clip and waits until it has qualities; fields are the API's. */
export async function publish(root, site, clip, fields = {}, qualities = 2) {
	const form = new FormData();
	const all = { name: "A film", channelId: 1, privacy: 1, ...fields };
	for (const [name, value] of Object.entries(all)) {
		for (const one of [value].flat()) form.append(Array.isArray(value) ? `${name}[]` : name, String(one));
	}
	form.append("videofile", new File([readFileSync(clip)], basename(clip), { type: "video/mp4" }));
	const { video } = await root("POST", "/videos/upload", form);
	await until(`${all.name} is ready`, async () => {
		const v = await root("GET", `/videos/${video.uuid}`);
		return v.state.id === 1 && v.streamingPlaylists.flatMap((p) => p.files).length >= qualities;
	}, { timeout: 60_000 });
	return video;
}

/** Gives a video a caption. */
export async function caption(root, id, language, vtt) {
	const form = new FormData();
	form.append("captionfile", new File([vtt], `${language}.vtt`, { type: "text/vtt" }));
	await root("PUT", `/videos/${id}/captions/${language}`, form);
}
