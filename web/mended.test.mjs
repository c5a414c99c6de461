// That what web/mended.mjs mends in p2p-media-loader is wrong there, and right
// here.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { mend } from './mended.mjs'

const text = readFileSync(new URL('node_modules/p2p-media-loader-core/dist/p2p-media-loader-core.es.js', import.meta.url), 'utf8')
globalThis.navigator ??= { userAgent: 'test' }
globalThis.window ??= globalThis
globalThis.WebSocket ??= class {}

const dir = mkdtempSync(join(tmpdir(), 'mended-'))
after(() => rmSync(dir, { recursive: true }))

/** The classes that the library keeps to itself, of its text. */
function inside (name, text) {
  const path = join(dir, name + '.mjs')
  writeFileSync(path, text + '\nexport { Request$1 as Segment, P2PLoader, HttpRequestExecutor };')
  return import(path)
}
const known = await inside('known', text), mended = await inside('mended', mend(text))
const events = { getEventDispatcher: () => () => {}, addEventListener () {}, removeEventListener () {}, dispatchEvent () {} }

/** Whether a segment of 100 bytes knows its length after a peer falsified it. */
function knowsItsLength ({ Segment }) {
  const request = new Segment({ byteRange: { start: 50, end: 149 }, stream: { type: 'main' } }, () => {}, {}, {}, {}, events)
  assert.equal(request.totalBytes, 100)
  request.clearLoadedBytes()
  return request.totalBytes === 100
}

/** What others are told when a segment has come from the site. */
async function toldOf ({ P2PLoader }) {
  const kept = [], told = []
  const request = { segment: { runtimeId: 'a' } }
  const loader = new P2PLoader('https://a.test/x.m3u8', { type: 'main', index: 0, segments: new Map([['a', { externalId: 7 }]]) }, { httpRequests: () => [request] },
    { getStoredSegmentIds: () => [...kept], setSegmentChangeCallback () {} }, { announceTrackers: [], rtcConfig: {}, trackerClientVersionPrefix: '-PM0202-' }, events, () => {})
  loader.trackerClient.destroy()
  loader.trackerClient = { peers: () => [{ sendSegmentsAnnouncementCommand: (loaded, loading) => told.push({ loaded, loading }) }] }
  loader.broadcastAnnouncement() // as HybridLoader does: first it tells, then it keeps
  loader.requests.httpRequests = () => []
  kept.push(7)
  loader.broadcastAnnouncement()
  await null
  assert.equal(told.length, 1)
  return told[0]
}

const line = { addBytes () {}, startLoading () {}, stopLoading () {} }

/** A segment of 3 bytes that is fetched, after setup has prepared it. */
function fetched ({ Segment, HttpRequestExecutor }, httpRequestSetup) {
  const segment = { url: 'https://a.test/x.mp4', byteRange: { start: 0, end: 2 }, stream: { type: 'main' } }
  const request = new Segment(segment, () => {}, { all: line, http: line }, {}, {}, events)
  new HttpRequestExecutor(request, { httpRequestSetup, httpNotReceivingBytesTimeoutMs: 3000 }, events)
  return request
}
const soon = () => new Promise(done => setImmediate(done))

/** What becomes of a segment that who prepares the request has fetched. */
async function fetchedBefore (library) {
  const request = fetched(library, async (url, range, signal, asked, by) => {
    by?.requestControls.addLoadedChunk(Uint8Array.of(1, 2, 3))
    return true
  })
  await soon()
  return request
}

/** Whether the site has its time when preparing took some. */
async function waitsForTheSite (library, t) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(globalThis, 'fetch', () => new Promise(() => {}))
  let go
  const request = fetched(library, () => new Promise(done => { go = done }))
  t.mock.timers.tick(2500)
  go(false)
  await soon()
  t.mock.timers.tick(2500)
  const waits = request.status === 'loading'
  t.mock.timers.tick(2500)
  assert.equal(request.status, 'failed')
  t.mock.timers.reset()
  t.mock.restoreAll()
  return waits
}

test('a segment can come from elsewhere', async t => {
  t.mock.method(globalThis, 'fetch', async () => { throw new TypeError('no network') })
  const before = await fetchedBefore(known)
  assert.equal(before.status, 'loading', 'it need not be mended any more')
  before.abortFromProcessQueue()
  const { status, data } = await fetchedBefore(mended)
  assert.equal(status, 'succeed')
  assert.deepEqual(new Uint8Array(data), Uint8Array.of(1, 2, 3))
})

test('and the site has its time when it did not', async t => {
  assert.equal(await waitsForTheSite(known, t), false, 'it need not be mended any more')
  assert.equal(await waitsForTheSite(mended, t), true)
})

test('a falsified segment can still come from the site', () => {
  assert.equal(knowsItsLength(known), false, 'it need not be mended any more')
  assert.equal(knowsItsLength(mended), true)
})

test('others are told of a segment at once', async () => {
  assert.deepEqual(await toldOf(known), { loaded: [], loading: [7] }, 'it need not be mended any more')
  assert.deepEqual(await toldOf(mended), { loaded: [7], loading: [] })
})

test('another version of the library is not mended', () => {
  assert.throws(() => mend('export class P2PLoader {}'), /another/)
  assert.throws(() => mend(mend(text)), /another/)
})
