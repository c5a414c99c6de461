// How the bytes come to the <video>: by hls.js where there is Media Source
// Extensions, by the browser's own HLS, or as one progressive file.
//
// Viewers may share what they load: then loadHls wraps the class that it
// returns (see p2p.ts), and nothing else needs to know.
import type HlsLight from 'hls.js/light'
import type { Meter, Sharing } from './p2p'

type Level = HlsLight['levels'][number]

/** One quality that can be chosen. SOUND is the id of sound without pictures. */
export interface Quality { id: number, label: string }
export const AUTO = -1
export const SOUND = 0

export interface Sources {
  hls?: string
  /** The playlist of the sound alone. */
  sound?: string
  files?: { label: string, url: string }[]
  split?: boolean
  token?: string
  start?: number
  /** How viewers of the video share it; none when they do not. */
  sharing?: Sharing
  /** "web-video" takes the progressive files where there are some. */
  mode?: string
}

/** Why nothing comes; the words for it are error_*. */
export type Trouble = 'network' | 'gone' | 'refused' | 'elsewhere' | 'decode' | 'unsupported'

export interface Stream {
  /** What brings the bytes, for the curious. */
  readonly kind: 'hls.js' | 'HLS' | 'MP4'
  /** The qualities there are now, best first. */
  qualities (): Quality[]
  /** The chosen one; AUTO lets the stream choose. */
  chosen (): number
  /** The one that is shown now, for a label beside "automatic". */
  shown (): string
  choose (id: number): void
  /** The name of the file that plays, as that of its playlist, without what comes after; "" where only the browser knows. */
  playing (): string
  /** Reads the list of qualities again: more may have been made. */
  refresh (): void
  /** Where it goes on, while the list of qualities is read again and the video has no place. */
  readonly pending?: number
  /** Begins to load, from a second on; until then nothing is fetched. */
  start (at?: number): void
  /** Tries again after a failure. */
  retry (): void
  /** Facts for the curious: bits a second, codecs, pictures a second, and the bytes that came, which
   * the meter counts where viewers share. */
  facts (): { bandwidth?: number, codecs?: string, fps?: number, loaded?: number, meter?: Meter }
  stop (): void
  onQualities: () => void
  /** The network is away; it is tried again in some seconds. */
  onWaiting: (seconds: number) => void
  /** What was away is there again. */
  onBack: () => void
  onFailed: (why: Trouble) => void
}

/** Opens what a browser plays best. plain asks for a file that other devices
 * play too. */
export async function openStream (video: HTMLVideoElement, s: Sources, plain = false): Promise<Stream> {
  const hls = s.hls && !(s.mode === 'web-video' && s.files?.length)
  if (hls && !plain) {
    const loaded = await loadHls(s)
    if (loaded.Hls.isSupported()) return new HlsStream(video, loaded, s)
  }
  if (hls && video.canPlayType('application/vnd.apple.mpegurl')) return new NativeStream(video, s)
  return new FileStream(video, s)
}

/** The class of hls.js, what its instances are made with besides, and what counts their bytes. */
interface Loaded { Hls: typeof HlsLight, config: object, meter?: Meter }

async function loadHls (s: Sources): Promise<Loaded> {
  const library = s.split ? import('hls.js') : import('hls.js/light')
  // Both are fetched at once. Without WebRTC, and when sharing cannot be had, the site serves alone.
  const p2p = s.sharing && 'RTCPeerConnection' in window ? import('./p2p').catch(() => null) : null
  const Hls = (await library).default as unknown as typeof HlsLight
  const shared = await p2p
  if (!shared || !Hls.isSupported()) return { Hls, config: {} }
  const meter = new shared.Meter()
  return { ...shared.sharing(Hls, s.sharing!, meter), meter }
}

const LONGEST = 30 // seconds between two tries

/** Tries again and again, at once when the network is said to be back. */
class Patience {
  private tries = 0
  private timer = 0
  private readonly now = () => { if (this.timer) this.go() }
  constructor (private readonly again: () => void, private readonly waiting: (seconds: number) => void) {
    addEventListener('online', this.now)
  }

  get waits () { return this.timer > 0 }

  wait () {
    if (this.timer) return
    const seconds = Math.min(LONGEST, 2 ** this.tries++)
    this.timer = window.setTimeout(() => this.go(), seconds * 1000)
    this.waiting(seconds)
  }

  go () {
    clearTimeout(this.timer)
    this.timer = 0
    this.again()
  }

  /** Reports whether something had been away. */
  back () {
    const was = this.tries > 0
    clearTimeout(this.timer)
    this.timer = this.tries = 0
    return was
  }

  stop () {
    clearTimeout(this.timer)
    this.timer = 0
    removeEventListener('online', this.now)
  }
}

abstract class Base {
  onQualities = () => {}
  onWaiting: (seconds: number) => void = () => {}
  onBack = () => {}
  onFailed: (why: Trouble) => void = () => {}
  protected readonly patience = new Patience(() => this.again(), n => this.onWaiting(n))
  protected abstract again (): void
  retry () { this.patience.go() }
}

class HlsStream extends Base implements Stream {
  readonly kind = 'hls.js'
  private readonly hls: HlsLight
  private wanted = AUTO
  private mended = 0
  private begun = false
  private reading = false // the list of qualities again
  private switching = false // to another quality, of which nothing is there yet
  private loaded = 0 // bytes
  private source: string
  private at: number // where loading begins

  private readonly Hls: typeof HlsLight
  private readonly meter?: Meter

  constructor (private readonly video: HTMLVideoElement, loaded: Loaded, private readonly s: Sources) {
    super()
    this.Hls = loaded.Hls
    this.meter = loaded.meter
    this.at = s.start ?? -1
    this.hls = new this.Hls({
      ...loaded.config,
      autoStartLoad: false,
      startPosition: this.at,
      capLevelToPlayerSize: true,
      // fragmented MP4 needs no transmuxing, so no worker (and no blob: in the
      // page's policy)
      enableWorker: false,
      maxBufferLength: 30,
      backBufferLength: 60,
      // Few tries: after them people are told, and Patience goes on.
      fragLoadPolicy: {
        default: {
          maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000,
          timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
          errorRetry: { maxNumRetry: 1, retryDelayMs: 1000, maxRetryDelayMs: 1000 }
        }
      },
      xhrSetup: (xhr, url) => {
        if (!s.token) return
        const u = new URL(url, location.href)
        u.searchParams.set('videoFileToken', s.token)
        xhr.open('GET', u, true)
      }
    })
    this.listen()
    for (const source of video.querySelectorAll('source')) source.remove()
    video.removeAttribute('src')
    this.source = s.hls!
    this.hls.loadSource(this.source)
    this.hls.attachMedia(video)
  }

  private listen () {
    const { Events } = this.Hls
    this.hls.on(Events.MANIFEST_PARSED, () => {
      this.applyWanted()
      if (this.begun) this.hls.startLoad(this.at)
      this.onQualities()
    })
    this.video.addEventListener('canplay', () => { this.reading = false })
    this.hls.on(Events.LEVEL_SWITCHED, () => this.onQualities())
    this.hls.on(Events.FRAG_BUFFERED, (_, { frag }) => {
      if (frag.type === 'main') this.switching = false
    })
    // While the bytes of one quality make room for those of another, a seek
    // leaves holes, or sound without pictures: all is begun anew there.
    this.video.addEventListener('seeking', () => {
      if (this.switching) this.refresh()
    })
    this.hls.on(Events.FRAG_LOADED, (_, { payload }) => {
      this.loaded += payload.byteLength
      if (this.patience.back()) this.onBack()
    })
    this.hls.on(Events.ERROR, (_, data) => {
      if (data.fatal) void this.mend(data.type, data.response?.code, data.frag?.url ?? data.url)
    })
  }

  private async mend (type: string, status?: number, url?: string) {
    const { ErrorTypes } = this.Hls
    // What viewers share is fetched by p2p-media-loader, which does not say why it failed.
    if (this.meter && type === ErrorTypes.NETWORK_ERROR && !status && url) status = await statusOf(url)
    // Nor does a browser say that another site lets no page of ours read what it sends.
    if (type === ErrorTypes.NETWORK_ERROR && !status && url && await refusedElsewhere(url)) return this.onFailed('elsewhere')
    if (type === ErrorTypes.MEDIA_ERROR) {
      if (this.mended++ < 3) this.hls.recoverMediaError()
      else this.onFailed('decode')
    } else if (type !== ErrorTypes.NETWORK_ERROR) {
      this.onFailed('unsupported')
    } else if (status === 404 || status === 410) {
      this.onFailed('gone')
    } else if (status === 401 || status === 403) {
      this.onFailed(refusal(url ?? this.source))
    } else {
      this.patience.wait()
    }
  }

  protected again () {
    if (this.hls.levels.length) this.hls.startLoad()
    else this.hls.loadSource(this.source)
  }

  qualities () {
    const list = this.levels()
      .map(level => ({ id: height(level), label: this.label(level), fps: level.frameRate }))
      .filter(q => q.id !== SOUND || !this.s.sound)
      .sort((a, b) => b.id - a.id || b.fps - a.fps)
      .map(({ id, label }) => ({ id, label }))
    if (this.s.sound) list.push({ id: SOUND, label: '' })
    return list
  }

  // While only the sound is loaded, its playlist knows no other levels.
  private kept: Level[] = []
  private levels () {
    if (this.source === this.s.hls && this.hls.levels.length) this.kept = [...this.hls.levels]
    return this.kept
  }

  chosen () { return this.wanted }

  shown () {
    const level = this.hls.levels[this.hls.currentLevel]
    return level && this.source === this.s.hls ? this.label(level) : ''
  }

  playing () {
    if (this.source !== this.s.hls) return nameOf(this.source)
    const at = Math.max(this.hls.currentLevel, this.hls.loadLevel)
    return nameOf(this.hls.levels[at]?.uri ?? '')
  }

  choose (id: number) {
    this.wanted = id
    const source = id === SOUND && this.s.sound ? this.s.sound : this.s.hls!
    if (source !== this.source) {
      this.levels()
      this.source = source
      return this.refresh()
    }
    // At once, and for what was loaded before too: who goes back wants to see
    // what was chosen.
    if (id < 0) return this.applyWanted()
    if (this.reading || this.video.seeking) return this.refresh()
    this.switching = this.video.readyState > 0 // before the first bytes nothing has to make room
    this.hls.currentLevel = this.level()
  }

  get pending () { return this.reading ? Math.max(0, this.at) : undefined }

  refresh () {
    const playing = !this.video.paused
    if (!this.reading && this.video.readyState) this.at = this.video.currentTime
    this.reading = this.begun
    this.switching = false
    this.hls.config.startPosition = this.at
    this.hls.loadSource(this.source)
    if (playing) this.hls.once(this.Hls.Events.MANIFEST_PARSED, () => void this.video.play().catch(() => {}))
  }

  start (at?: number) {
    if (this.begun && (at === undefined || !this.reading)) return
    this.begun = true
    this.at = at ?? this.at
    this.hls.config.startPosition = this.at
    this.hls.startLoad(this.at)
  }

  facts () {
    const level = this.hls.levels[this.hls.currentLevel]
    return {
      bandwidth: this.hls.bandwidthEstimate,
      codecs: level && [level.videoCodec, level.audioCodec].filter(Boolean).join(', '),
      fps: level?.frameRate || undefined,
      loaded: this.loaded,
      meter: this.meter
    }
  }

  stop () {
    this.patience.stop()
    this.hls.destroy()
  }

  private applyWanted () { this.hls.nextLevel = this.level() }

  private level () {
    return this.wanted < 0 ? -1 : this.hls.levels.findIndex(l => height(l) === this.wanted)
  }

  private label (level: Level) {
    if (!level.height) return ''
    return height(level) + 'p' + (level.frameRate >= 50 ? Math.round(level.frameRate) : '')
  }
}

/** What the addresses of a file and of its playlist have in common. */
function nameOf (address: string) {
  const name = address && new URL(address, location.href).pathname.split('/').pop()!
  return name.replace(/\.[^.]*$/, '').replace(/-fragmented$/, '')
}

const isElsewhere = (url: string) => new URL(url, location.href).origin !== location.origin

/** Who refuses: this site, when the right to watch has ended, or the one that has the files. */
const refusal = (url: string): Trouble => isElsewhere(url) ? 'elsewhere' : 'refused'

/** Whether another site is there and answers, but not to pages of this one. */
async function refusedElsewhere (url: string) {
  if (!isElsewhere(url) || await statusOf(url)) return false
  try {
    await fetch(url, { method: 'HEAD', mode: 'no-cors' })
    return true
  } catch {
    return false
  }
}

/** What the site answers for an address; nothing when it is away. */
async function statusOf (url: string): Promise<number | undefined> {
  try {
    return (await fetch(url, { method: 'HEAD' })).status
  } catch {
    return undefined
  }
}

/** The shorter edge is what a quality is named by. */
function height (level: Level) { return Math.min(level.width || level.height, level.height) || SOUND }

/** Errors of the <video> itself, as those of streams. */
function troubleOf (video: HTMLVideoElement): Trouble {
  switch (video.error?.code) {
    case MediaError.MEDIA_ERR_NETWORK: return 'network'
    case MediaError.MEDIA_ERR_DECODE: return 'decode'
  }
  return 'unsupported'
}

/** A stream that is one address given to the <video>. */
abstract class AddressStream extends Base {
  private readonly failed = () => void this.ask()
  private readonly moved = () => { if (this.patience.back()) this.onBack() }
  constructor (protected readonly video: HTMLVideoElement, protected readonly s: Sources) {
    super()
    for (const source of video.querySelectorAll('source')) source.remove()
    video.addEventListener('error', this.failed)
    video.addEventListener('playing', this.moved)
  }

  protected abstract address (): string

  /** The browser says little about what went wrong: the server is asked. */
  private async ask () {
    const why = troubleOf(this.video)
    if (why === 'decode' || !this.video.hasAttribute('src')) return this.onFailed(why)
    try {
      const { status } = await fetch(this.address(), { method: 'HEAD' })
      if (status === 404 || status === 410) return this.onFailed('gone')
      if (status === 401 || status === 403) return this.onFailed(refusal(this.address()))
      if (status < 500 && why !== 'network') return this.onFailed(why)
    } catch { // the network is away, or we may not know
      if (why !== 'network' && await refusedElsewhere(this.address())) return this.onFailed('elsewhere')
    }
    this.patience.wait()
  }

  protected again () { this.load(this.video.currentTime, true) }

  protected load (at: number, play: boolean) {
    this.video.src = this.address()
    if (at > 0) this.video.addEventListener('loadedmetadata', () => { this.video.currentTime = at }, { once: true })
    if (play) void this.video.play().catch(() => {})
  }

  protected withToken (url: string, more: Record<string, string> = {}) {
    const u = new URL(url, location.href)
    if (this.s.token) for (const [k, v] of Object.entries({ videoFileToken: this.s.token, ...more })) u.searchParams.set(k, v)
    return u.href
  }

  start () {}
  refresh () {}
  facts () { return {} }
  stop () {
    this.patience.stop()
    this.video.removeEventListener('error', this.failed)
    this.video.removeEventListener('playing', this.moved)
  }
}

/** The browser plays HLS itself and chooses the quality itself. */
class NativeStream extends AddressStream implements Stream {
  readonly kind = 'HLS'
  private wanted = AUTO
  constructor (video: HTMLVideoElement, s: Sources) {
    super(video, s)
    this.load(s.start ?? 0, false)
  }

  protected address () {
    return this.withToken(this.wanted === SOUND ? this.s.sound! : this.s.hls!, { reinjectVideoFileToken: 'true' })
  }

  playing () { return '' }
  qualities () { return this.s.sound ? [{ id: SOUND, label: '' }] : [] }
  chosen () { return this.wanted }
  shown () { return this.video.videoHeight ? Math.min(this.video.videoHeight, this.video.videoWidth) + 'p' : '' }
  choose (id: number) {
    if (id === this.wanted) return
    this.wanted = id
    this.load(this.video.currentTime, !this.video.paused)
  }
}

/** Progressive files, one of which is chosen. Their ids begin after SOUND. */
class FileStream extends AddressStream implements Stream {
  readonly kind = 'MP4'
  private at = 0
  constructor (video: HTMLVideoElement, s: Sources) {
    super(video, s)
    if (s.files?.length) this.load(s.start ?? 0, false)
    else setTimeout(() => this.onFailed('unsupported'))
  }

  protected address () { return this.withToken(this.s.files![this.at]!.url) }
  qualities () { return (this.s.files ?? []).map((f, i) => ({ id: i + 1, label: f.label })) }
  chosen () { return this.at + 1 }
  shown () { return this.s.files?.[this.at]?.label ?? '' }
  playing () { return nameOf(this.s.files?.[this.at]?.url ?? '') }

  choose (id: number) {
    if (id < 1 || id === this.at + 1) return
    this.at = id - 1
    this.load(this.video.currentTime, !this.video.paused)
  }
}
