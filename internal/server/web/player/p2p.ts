// Sharing between viewers: pieces of a stream come from others who watch it,
// and are passed on to them. What is needed soon always comes from the site, so
// sharing saves bytes and never time. p2p-media-loader does the work, with the
// swarms and trackers that PeerTube's players use: their viewers and ours meet.
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs'
import type HlsLight from 'hls.js/light'
import { Mirrors, type Fetching } from './mirrors'

/** What a video needs to be shared. */
export interface Sharing {
  /** Names the swarm: the address of the master playlist. */
  swarm: string
  trackers: string[]
  /** Servers that tell browsers their own address. */
  stun: string[]
  /** The SHA-256 of each segment, by file and range: what peers send is checked by it. */
  hashes?: string
  /** So many bytes are passed on to others at most; without it there is no limit. */
  maxUpload?: number
  /** Directories of other sites that have the same files. */
  mirrors?: string[]
}

/** Bytes of this session, by where they came from. */
export class Meter {
  site = 0
  mirrors = 0
  peers = 0
  sent = 0
  connected = 0
  /** Segments of peers that were not what they should be. */
  wrong = 0
  onChange = () => {}
  onWrong = () => {}

  /** What a peer sent was thrown away. */
  refuse (bytes: number) {
    this.peers -= bytes
    this.wrong++
    this.onWrong()
    this.onChange()
  }
}

/** So many wrong segments end sharing for this viewing. Each peer that sent one is left at once, and
 * the segment comes from elsewhere. */
const MOST_WRONG = 5

interface Engine {
  addEventListener (name: string, listener: (...args: never[]) => void): void
  applyDynamicConfig (config: { core: { isP2PUploadDisabled?: boolean, isP2PDisabled?: boolean, httpDownloadTimeWindow?: number } }): void
  destroy (): void
}

/** How many seconds ahead a viewer may fetch from the site what no other viewer has yet, so that not
 * all fetch the same. The library’s 50 minutes would have two viewers fetch a whole film of which
 * they see the first minute, and would let who comes second fetch half of what the first is about to
 * have. The more viewers there are, the more they can divide among themselves: each tries it once in
 * a while that grows with its peers, and takes one of so many segments. With few peers, as all have
 * in their first seconds, it must be little, or many fetch the same before they know of each other. */
const ahead = (peers: number) => 20 + 1.5 * peers

/** The class of hls.js that shares, and what its instances are made with. */
export function sharing (Hls: typeof HlsLight, s: Sharing, meter: Meter) {
  const check = s.hashes ? new Hashes(s.hashes) : null
  const mirrors = check && s.mirrors ? new Mirrors(s.mirrors, check, meter) : null
  let video = (): HTMLMediaElement | null => null
  // What a peer began is kept when it falls silent, and the site is asked for the rest alone.
  const begun = new Set<string>()
  const mixed = new Set<string>() // of them, what the site ends
  const key = (url: string, range: Range) => `${url} ${range?.start}`
  const config = {
    // The library fetches at once what hls.js asks for when it lies further on than ahead() and others
    // have what follows: hls.js must not ask for it.
    maxMaxBufferLength: ahead(0),
    p2p: {
      core: {
        swarmId: s.swarm,
        announceTrackers: s.trackers,
        rtcConfig: { iceServers: s.stun.length ? [{ urls: s.stun }] : [] },
        // Seconds that always come from the site when peers are late.
        highDemandTimeWindow: 15,
        httpDownloadTimeWindow: ahead(0),
        // On slow lines a message of 64 KiB takes so long that a peer that sends is held for one that
        // does not. Both are this side’s alone: the library joins messages of any length.
        webRtcMaxMessageSize: 16 * 1024 - 1,
        p2pNotReceivingBytesTimeoutMs: 6000,
        segmentMemoryStorageLimit: 1024, // MiB
        isP2PUploadDisabled: sparing(),
        validateP2PSegment: check
          ? async (url: string, range: Range, data: ArrayBuffer) => {
              const right = await check.right(url, range, data)
              if (!right) meter.refuse(data.byteLength)
              return right
            }
          : undefined,
        httpRequestSetup: async (url: string, range: Range, signal: AbortSignal, asked: Range, by: Fetching) => {
          const id = key(url, range)
          if (asked?.start !== range?.start) {
            if (begun.has(id)) mixed.add(id)
            return false
          }
          begun.delete(id)
          return !mixed.delete(id) && !!await mirrors?.fetch(by, url, range, signal, video())
        },
        // Wrong, it is fetched anew, all of it, and then from the site alone.
        validateHTTPSegment: async (url: string, range: Range, data: ArrayBuffer) => {
          const right = !check || !mixed.has(key(url, range)) || await check.right(url, range, data)
          if (!right) meter.refuse(0) // how much of it was the peer’s nobody knows
          return right
        }
      },
      onHlsJsCreated (hls: HlsLight & { p2pEngine: Engine }) {
        video = () => hls.media
        follow(hls.p2pEngine, meter, s.maxUpload || Infinity)
        hls.p2pEngine.addEventListener('onSegmentStart', ({ segment, downloadSource }: { segment: { url: string, byteRange: Range }, downloadSource: string }) => {
          if (downloadSource === 'p2p') begun.add(key(segment.url, segment.byteRange))
        })
      }
    }
  }
  return { Hls: HlsJsP2PEngine.injectMixin(Hls as never) as unknown as typeof HlsLight, config }
}

function follow (engine: Engine, meter: Meter, most: number) {
  const changed = () => meter.onChange()
  let enough = false
  engine.addEventListener('onChunkDownloaded', (bytes: number, from: string) => {
    if (from === 'p2p') meter.peers += bytes
    else meter.site += bytes
    changed()
  })
  engine.addEventListener('onChunkUploaded', (bytes: number) => {
    meter.sent += bytes
    // Others are told that there is nothing more to be had here.
    if (!enough && meter.sent >= most) { enough = true; spare() }
    changed()
  })
  const peers = new Set<string>() // the end of one is told more than once
  const met = () => {
    meter.connected = peers.size
    engine.applyDynamicConfig({ core: { httpDownloadTimeWindow: ahead(peers.size) } })
    changed()
  }
  engine.addEventListener('onPeerConnect', ({ peerId }: { peerId: string }) => { peers.add(peerId); met() })
  engine.addEventListener('onPeerClose', ({ peerId }: { peerId: string }) => { if (peers.delete(peerId)) met() })
  const spare = () => engine.applyDynamicConfig({ core: { isP2PUploadDisabled: sparing() || weak || enough } })
  let weak = false
  connection()?.addEventListener?.('change', spare)
  void battery().then(b => {
    if (!b) return
    const look = () => { weak = !b.charging && b.level < 0.3; spare() }
    for (const name of ['chargingchange', 'levelchange']) b.addEventListener(name, look)
    look()
  })
  meter.onWrong = () => {
    if (meter.wrong === MOST_WRONG) engine.applyDynamicConfig({ core: { isP2PDisabled: true } })
  }
  // Who leaves the page shares no more, even if the browser keeps it for a way back.
  addEventListener('pagehide', () => engine.applyDynamicConfig({ core: { isP2PDisabled: true } }))
  addEventListener('pageshow', e => { if (e.persisted && meter.wrong < MOST_WRONG) engine.applyDynamicConfig({ core: { isP2PDisabled: false } }) })
}

interface Connection extends EventTarget { saveData?: boolean, type?: string }
function connection (): Connection | undefined {
  return (navigator as { connection?: Connection }).connection
}

/** Paid or spared connections take pieces of others but pass none on. */
function sparing () {
  const c = connection()
  return c?.saveData === true || c?.type === 'cellular'
}

interface Battery extends EventTarget { charging: boolean, level: number }
async function battery (): Promise<Battery | null> {
  try {
    return await (navigator as { getBattery?: () => Promise<Battery> }).getBattery?.() ?? null
  } catch {
    return null
  }
}

export type Range = { start: number, end: number } | undefined

/** The name of the file of an address, as it stands there. */
export function fileOf (url: string) { return new URL(url, location.href).pathname.split('/').pop()! }

type Sums = Record<string, Record<string, string> | string>

function find (sums: Sums, url: string, range: Range) {
  const entry = sums[fileOf(url)]
  return typeof entry === 'string' ? entry : range && entry?.[`${range.start}-${range.end}`]
}

/** The right SHA-256 of segments. It is fetched when first needed, and again when a segment is not
 * in it: more qualities may have been made meanwhile. */
export class Hashes {
  private list: Promise<Sums> | null = null
  private there: Sums = {} // of it
  private asked = 0
  constructor (private readonly address: string) {}

  async right (url: string, range: Range, data: ArrayBuffer) {
    const want = await this.of(url, range)
    if (!want || !crypto.subtle) return false // what cannot be checked is fetched from the site
    const sum = await crypto.subtle.digest('SHA-256', data)
    return want === [...new Uint8Array(sum)].map(b => b.toString(16).padStart(2, '0')).join('')
  }

  /** Whether a segment can be checked without waiting; if not, perhaps the next one can. */
  known (url: string, range: Range) {
    const known = !!crypto.subtle && !!find(this.there, url, range)
    if (!known) void this.of(url, range)
    return known
  }

  private async of (url: string, range: Range): Promise<string | undefined> {
    for (;;) {
      const found = find(this.there = await this.load(), url, range)
      const again = 10_000
      if (found || Date.now() - this.asked < again) return found || undefined
      this.list = null
    }
  }

  private load () {
    if (!this.list) {
      this.asked = Date.now()
      this.list = fetch(this.address).then(r => r.ok ? r.json() : {}).catch(() => ({}))
    }
    return this.list
  }
}
