// How the bytes come to the <video>: by hls.js where there is Media Source
// Extensions, by the browser's own HLS, or as one progressive file.
//
// Peer-to-peer delivery will have its place in loadHls: it wraps the class
// that is returned there, and nothing else needs to know.
import type HlsLight from 'hls.js/light'

type Level = HlsLight['levels'][number]

/** One quality that can be chosen. */
export interface Quality { id: number, label: string }

export interface Sources {
  hls?: string
  files?: { label: string, url: string }[]
  split?: boolean
  token?: string
  start?: number
  words: Record<string, string>
}

export interface Stream {
  /** The qualities there are now, best first. */
  qualities (): Quality[]
  /** The chosen one; -1 lets the stream choose. */
  chosen (): number
  /** The one that is shown now, for a label beside "automatic". */
  shown (): string
  choose (id: number): void
  /** Reads the list of qualities again: more may have been made. */
  refresh (): void
  /** Begins to load; until then nothing is fetched. */
  start (): void
  onQualities: () => void
  onFailed: () => void
}

export async function openStream (video: HTMLVideoElement, s: Sources): Promise<Stream> {
  if (s.hls) {
    const Hls = await loadHls(s)
    if (Hls.isSupported()) return new HlsStream(video, Hls, s)
    if (video.canPlayType('application/vnd.apple.mpegurl')) return new NativeStream(video)
  }
  return new FileStream(video, s)
}

async function loadHls (s: Sources): Promise<typeof HlsLight> {
  if (s.split) return (await import('hls.js')).default as unknown as typeof HlsLight
  return (await import('hls.js/light')).default
}

class HlsStream implements Stream {
  onQualities = () => {}
  onFailed = () => {}
  private readonly hls: HlsLight
  private wanted = -1
  private recovered = 0
  private begun = false

  constructor (private readonly video: HTMLVideoElement, Hls: typeof HlsLight, private readonly s: Sources) {
    this.hls = new Hls({
      autoStartLoad: false,
      startPosition: s.start ?? -1,
      capLevelToPlayerSize: true,
      // fragmented MP4 needs no transmuxing, so no worker (and no blob: in the
      // page's policy)
      enableWorker: false,
      maxBufferLength: 30,
      backBufferLength: 60,
      xhrSetup: (xhr, url) => {
        if (!s.token) return
        const u = new URL(url, location.href)
        u.searchParams.set('videoFileToken', s.token)
        xhr.open('GET', u, true)
      }
    })
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.applyWanted()
      if (this.begun) this.hls.startLoad(this.video.currentTime || s.start || -1)
      this.onQualities()
    })
    this.hls.on(Hls.Events.LEVEL_SWITCHED, () => this.onQualities())
    this.hls.on(Hls.Events.ERROR, (_, data) => {
      if (!data.fatal) return
      if (this.recovered++ > 3) return this.onFailed()
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError()
      else setTimeout(() => this.hls.startLoad(), 1000 * this.recovered)
    })
    for (const source of video.querySelectorAll('source')) source.remove()
    video.removeAttribute('src')
    this.hls.loadSource(s.hls!)
    this.hls.attachMedia(video)
  }

  qualities () {
    return this.hls.levels
      .map((level, id) => ({ id: height(level), label: this.label(level), at: id, fps: level.frameRate }))
      .sort((a, b) => b.id - a.id || b.fps - a.fps)
      .map(({ id, label }) => ({ id, label }))
  }

  chosen () { return this.wanted }

  shown () {
    const level = this.hls.levels[this.hls.currentLevel]
    return level ? this.label(level) : ''
  }

  choose (id: number) {
    this.wanted = id
    // At once, and for what was loaded before too: who goes back wants to see
    // what was chosen.
    if (id < 0) this.applyWanted()
    else this.hls.currentLevel = this.level()
  }

  refresh () {
    const at = this.video.currentTime
    this.hls.config.startPosition = at
    this.hls.loadSource(this.s.hls!)
  }

  start () {
    if (this.begun) return
    this.begun = true
    this.hls.startLoad(this.s.start ?? -1)
  }

  private applyWanted () {
    this.hls.nextLevel = this.level()
  }

  private level () {
    return this.wanted < 0 ? -1 : this.hls.levels.findIndex(l => height(l) === this.wanted)
  }

  private label (level: Level) {
    if (!level.height) return this.s.words.audio!
    return height(level) + 'p' + (level.frameRate >= 50 ? Math.round(level.frameRate) : '')
  }
}

/** The shorter edge is what a quality is named by. */
function height (level: Level) { return Math.min(level.width || level.height, level.height) || 0 }

/** The browser plays HLS itself and chooses the quality itself. */
class NativeStream implements Stream {
  onQualities = () => {}
  onFailed = () => {}
  constructor (private readonly video: HTMLVideoElement) {
    video.addEventListener('error', () => this.onFailed())
  }

  qualities () { return [] }
  chosen () { return -1 }
  shown () { return this.video.videoHeight ? Math.min(this.video.videoHeight, this.video.videoWidth) + 'p' : '' }
  choose () {}
  refresh () {}
  start () {}
}

/** Progressive files, one of which is chosen. */
class FileStream implements Stream {
  onQualities = () => {}
  onFailed = () => {}
  private at = 0
  constructor (private readonly video: HTMLVideoElement, private readonly s: Sources) {
    video.addEventListener('error', () => this.onFailed())
    this.load(s.start ?? 0)
  }

  qualities () { return (this.s.files ?? []).map((f, id) => ({ id, label: f.label })) }
  chosen () { return this.at }
  shown () { return this.s.files?.[this.at]?.label ?? '' }
  refresh () {}
  start () {}

  choose (id: number) {
    if (id < 0 || id === this.at) return
    this.at = id
    const playing = !this.video.paused
    this.load(this.video.currentTime)
    if (playing) void this.video.play()
  }

  private load (at: number) {
    const file = this.s.files?.[this.at]
    if (!file) return this.onFailed()
    const u = new URL(file.url, location.href)
    if (this.s.token) u.searchParams.set('videoFileToken', this.s.token)
    for (const source of this.video.querySelectorAll('source')) source.remove()
    this.video.src = u.href
    if (at > 0) this.video.addEventListener('loadedmetadata', () => { this.video.currentTime = at }, { once: true })
  }
}
