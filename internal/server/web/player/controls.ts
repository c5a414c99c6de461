// The controls around the <video>. Everything is a native button, range,
// select or box, so that keyboards and screen readers know it; nothing needs an
// inline style or a shadow tree, which the content policy would refuse.
//
// Each part has a file: seekbar, settings, captions, gestures, stats, menu,
// help, next, remote. This one holds the video, the bar and what all share.
//
// On its element the player tells "player-ready" (detail: the Player),
// "player-qualities" (other ones are there or chosen) and "player-open" (it
// leads to detail.url, unless that is prevented), and it listens to
// "more-qualities".
//
// icons: play pause rotate-ccw volume-2 volume-x captions settings picture-in-picture-2 maximize minimize skip-back skip-forward rectangle-horizontal cast x
import { AUTO, openStream, type Sources, type Stream, type Trouble } from './stream'
import { Captions } from './captions'
import { clock, element, fill, Icons, name, textButton } from './dom'
import { gestures } from './gestures'
import { Help } from './help'
import { keys } from './keys'
import { kept, keep } from './memory'
import { Menu } from './menu'
import { Next } from './next'
import type { Watching } from './pings'
import type { Reporting } from './reports'
import { Remote } from './remote'
import { SeekBar, type Chapter, type Storyboard } from './seekbar'
import { Settings } from './settings'
import { Stats } from './stats'

export interface Config extends Sources {
  id?: string
  title: string
  duration: number
  storyboard?: Storyboard
  chapters?: Chapter[]
  stop?: number
  icons: string
  words: string
  link?: string
  magnets?: { file: string, uri: string }[]
  watching?: Watching
  report?: Reporting
  autoplay?: boolean
  autoplayNext?: boolean
  asked?: boolean
  muted?: boolean
  loop?: boolean
  rate?: number
  subtitle?: string
  /** An embed has no theatre, and its keys work only inside of it. */
  embed?: boolean
  noBar?: boolean
  noControls?: boolean
  /** Somebody is logged in, whose choices are kept with the account. */
  account?: boolean
}

export type Words = Record<string, string>

const IDLE_AFTER = 2500 // ms without a movement
const AGAIN = 3000 // ms until a playlist that had nothing new is read again
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]
const SLOWEST = SPEEDS[0]!, FASTEST = SPEEDS.at(-1)!

export class Player {
  readonly video: HTMLVideoElement
  readonly icons: Icons
  readonly captions: Captions
  readonly seek: SeekBar
  readonly remote: Remote
  readonly settings: Settings
  readonly stats: Stats
  readonly menu: Menu
  readonly help: Help
  readonly next: Next
  stream?: Stream
  /** How often something went wrong. */
  faults = 0
  private idleTimer = 0
  private flashTimer = 0
  private stale = false
  private unsure = false // whether the playlist has what is new by now
  private readonly bar = element('div', 'player-bar')
  private readonly buttons = element('div', 'player-buttons')
  private readonly volume = element('input', 'player-volume')
  private readonly time = element('span', 'player-time')
  private readonly chapter = element('span', 'player-chapter')
  private readonly big = element('button', 'player-big')
  private readonly wait = element('div', 'player-wait')
  private readonly flashed = element('div', 'player-flash')
  private readonly status = element('div', 'hidden')
  private readonly trouble = element('div', 'player-message')
  private readonly playButton: HTMLButtonElement
  private readonly muteButton: HTMLButtonElement
  private readonly captionButton: HTMLButtonElement
  private readonly theatreButton: HTMLButtonElement
  private readonly pipButton: HTMLButtonElement
  private readonly fullButton: HTMLButtonElement

  constructor (readonly root: HTMLElement, readonly config: Config, readonly words: Words) {
    this.video = root.querySelector('video')!
    this.video.controls = false
    this.icons = new Icons(config.icons, root.classList.contains('galaxy'))
    root.tabIndex = -1
    const button = (icon: string, act: () => unknown) => this.icons.button(icon, '', act)
    this.playButton = button('play', () => this.toggle())
    this.muteButton = button('volume-2', () => this.mute(!this.video.muted))
    this.captionButton = button('captions', () => this.captions.toggle())
    this.theatreButton = button('rectangle-horizontal', () => this.theatre())
    this.pipButton = button('picture-in-picture-2', () => this.pip())
    this.fullButton = button('maximize', () => this.fullscreen())
    this.captions = new Captions(this)
    this.seek = new SeekBar(this)
    this.next = new Next(this)
    this.remote = new Remote(this)
    this.settings = new Settings(this)
    this.stats = new Stats(this)
    this.menu = new Menu(this)
    this.help = new Help(this)
    this.build()
    this.listen()
    this.restore()
    if (!config.noControls) gestures(this)
    this.update()
  }

  async open () {
    await this.load(false)
    this.root.classList.add('ready')
    this.root.dispatchEvent(new CustomEvent('player-ready', { detail: this, bubbles: true }))
    if (this.config.autoplay) this.play()
  }

  /** Opens the stream; plain asks for one that other devices play too. */
  async load (plain: boolean) {
    this.stream?.stop()
    const stream = this.stream = await openStream(this.video, this.config, plain)
    stream.onQualities = () => {
      this.settings.listQualities()
      this.root.dispatchEvent(new CustomEvent('player-qualities'))
    }
    stream.onWaiting = seconds => {
      this.faults++
      this.complain(fill(this.words.error_waiting!, { n: seconds }), true)
    }
    stream.onBack = () => { this.trouble.hidden = true }
    stream.onFailed = why => this.failed(why)
    this.settings.listQualities()
  }

  /** More qualities are there now. Reading them again interrupts, so it waits
   * for a moment in which nobody watches. */
  private moreQualities () {
    this.stale = this.unsure = true
    if (this.video.paused) this.refresh()
  }

  refresh () {
    if (!this.stale) return
    this.stale = false
    this.stream?.refresh()
    // The playlist is written a moment after the site knows of a new file: when
    // it has nothing new it is read once more.
    if (!this.unsure) return
    this.unsure = false
    const before = this.stream?.qualities().length
    setTimeout(() => {
      if (this.stream?.qualities().length !== before) return
      this.stale = true
      if (this.video.paused) this.refresh()
    }, AGAIN)
  }

  get playing () { return !this.video.paused && !this.video.ended }

  toggle () { this.playing ? this.video.pause() : this.play() }

  play () {
    this.next.cancel()
    this.stream?.start()
    void this.video.play().catch(() => this.update())
  }

  seekBy (seconds: number) { this.seekTo((this.stream?.pending ?? this.video.currentTime) + seconds) }

  seekTo (seconds: number) {
    const at = Math.max(0, Math.min(seconds, this.duration()))
    this.next.cancel()
    this.stream?.start(at)
    this.video.currentTime = at
    this.wake()
  }

  /** Noted at once: whoever leaves in the next moment is gone before volumechange comes. */
  mute (silent: boolean) {
    this.video.muted = silent
    this.update()
  }

  changeVolume (by: number) {
    this.video.muted = false
    this.video.volume = Math.max(0, Math.min(1, Math.round((this.video.volume + by) * 100) / 100))
    this.update()
    this.flash(fill(this.words.flash_volume!, { n: Math.round(this.video.volume * 100) }))
  }

  changeSpeed (by: number) { this.setSpeed(Math.round((this.video.playbackRate + by) * 100) / 100) }

  setSpeed (rate: number) {
    this.video.playbackRate = this.video.defaultPlaybackRate = Math.max(SLOWEST, Math.min(FASTEST, rate))
    keep('rate', String(this.video.playbackRate))
    this.flash(this.video.playbackRate + '×')
  }

  /** One picture on or back, while it is paused. */
  step (by: 1 | -1) {
    if (this.playing) this.video.pause()
    this.seekBy(by / 30)
  }

  duration () { return Number.isFinite(this.video.duration) && this.video.duration ? this.video.duration : this.config.duration }

  get loop () { return this.video.loop }
  set loop (on: boolean) {
    this.video.loop = on
    this.settings.update()
  }

  flip () {
    this.root.classList.toggle('flipped')
    this.settings.update()
  }

  /** A page may show a wide player: its .watch gets the class theatre. */
  theatre () {
    const frame = this.root.closest('.watch')
    if (!frame || this.config.embed) return
    if (document.fullscreenElement) void document.exitFullscreen()
    const on = frame.classList.toggle('theatre')
    keep('theatre', String(on))
    this.update()
  }

  async pip () {
    if (document.pictureInPictureElement) await document.exitPictureInPicture()
    else await this.video.requestPictureInPicture?.().catch(() => {})
  }

  async fullscreen () {
    if (document.fullscreenElement) return document.exitFullscreen()
    const video = this.video as HTMLVideoElement & { webkitEnterFullscreen?: () => void }
    if (!this.root.requestFullscreen) return video.webkitEnterFullscreen?.()
    await this.root.requestFullscreen().catch(() => {})
    // Phones turn to the side that suits the picture, where they can.
    const turn = screen.orientation as ScreenOrientation & { lock?: (way: string) => Promise<void> }
    await turn.lock?.(video.videoHeight > video.videoWidth ? 'portrait' : 'landscape').catch(() => {})
  }

  /** Shows a few words for a moment, and has them read out. */
  flash (text: string) {
    this.flashed.textContent = this.status.textContent = text
    this.flashed.hidden = false
    clearTimeout(this.flashTimer)
    this.flashTimer = window.setTimeout(() => { this.flashed.hidden = true }, 900)
    this.wake()
  }

  /** The address of the video's page, at a time or not. */
  linkAt (seconds?: number) {
    const u = new URL(this.config.link ?? location.pathname, location.href)
    if (seconds) u.searchParams.set('start', clockless(seconds))
    return u.href
  }

  /** The magnet link of the file that plays; the best one's where the browser alone knows which. */
  get magnet (): string | undefined {
    const { magnets } = this.config
    const file = this.stream?.playing()
    return file ? magnets?.find(m => m.file === file)?.uri : magnets?.[0]?.uri
  }

  async copy (text: string) {
    try {
      await navigator.clipboard.writeText(text)
      this.flash(this.words.copied!)
    } catch {
      this.flash(this.words.copy_failed!)
    }
  }

  /** Controls are seen, and hide again when nobody moves. */
  wake () {
    this.root.classList.remove('idle')
    clearTimeout(this.idleTimer)
    this.idleTimer = window.setTimeout(() => {
      const held = this.settings.open || this.menu.open || this.bar.contains(document.activeElement) && document.activeElement!.matches(':focus-visible')
      if (this.playing && !held) this.root.classList.add('idle')
    }, IDLE_AFTER)
  }

  get idle () { return this.root.classList.contains('idle') }
  sleep () { if (this.playing) this.root.classList.add('idle') }

  private build () {
    const w = this.words
    Object.assign(this.volume, { type: 'range', min: '0', max: '1', step: '0.05', ariaLabel: w.volume })
    name(this.captionButton, w.captions!)
    name(this.pipButton, w.pip!)
    name(this.theatreButton, w.theatre!)
    name(this.big, w.play!)
    this.big.append(this.icons.icon('play'))
    this.big.type = 'button'
    this.pipButton.classList.add('player-wide')
    this.theatreButton.classList.add('player-wide', 'player-theatre')
    this.theatreButton.hidden = !!this.config.embed || !this.root.closest('.watch')
    this.pipButton.hidden = !document.pictureInPictureEnabled
    this.captionButton.hidden = this.captions.tracks.length === 0
    this.wait.hidden = this.flashed.hidden = this.trouble.hidden = true
    this.flashed.ariaHidden = 'true'
    this.status.role = 'status'
    this.chapter.dir = 'auto'
    const { previous, following } = this.next.buttons()
    this.buttons.append(previous, this.playButton, following, this.muteButton, this.volume, this.time, this.chapter, element('span', 'grow'),
      this.captionButton, this.settings.button, this.remote.button, this.pipButton, this.theatreButton, this.fullButton)
    this.bar.append(this.seek.element, this.buttons)
    this.root.append(this.captions.element, this.wait)
    if (!this.config.noControls) this.root.append(this.big, this.flashed)
    if (!this.config.noControls && !this.config.noBar) this.root.append(this.bar, this.settings.panel)
    this.root.append(this.stats.element, this.next.element, this.trouble, this.status, this.menu.element, this.help.element)
  }

  private listen () {
    const { video, root } = this
    for (const e of ['play', 'pause', 'ended', 'volumechange', 'ratechange', 'durationchange', 'seeking', 'seeked', 'waiting', 'playing', 'progress']) {
      video.addEventListener(e, () => this.update())
    }
    video.addEventListener('timeupdate', () => this.tick())
    video.addEventListener('durationchange', () => this.seek.mark())
    video.addEventListener('play', () => {
      this.stream?.start()
      root.classList.add('begun')
    })
    video.addEventListener('pause', () => this.refresh())
    video.addEventListener('loadedmetadata', () => root.classList.toggle('sound-only', !video.videoWidth))
    this.big.addEventListener('click', () => this.toggle())
    this.volume.addEventListener('input', () => {
      video.muted = false
      video.volume = Number(this.volume.value)
    })
    for (const e of ['pointermove', 'focusin', 'keydown']) root.addEventListener(e, () => this.wake())
    root.addEventListener('pointerleave', e => { if (e.pointerType === 'mouse' && !this.settings.open) this.sleep() })
    document.addEventListener('fullscreenchange', () => {
      if (!document.fullscreenElement) screen.orientation?.unlock?.()
      this.update()
    })
    if (!this.config.noControls) document.addEventListener('keydown', e => { if (root.isConnected) keys(this, e) })
    root.addEventListener('more-qualities', () => this.moreQualities())
    this.captions.changed = language => { this.captionButton.ariaPressed = String(language !== '') }
    this.captionButton.ariaPressed = String(this.captions.shown !== '')
  }

  private restore () {
    const { config, video } = this
    video.volume = Math.max(0, Math.min(1, Number(kept('volume') ?? 1) || 0))
    video.muted = config.muted ?? kept('muted') === 'true'
    video.loop = !!config.loop
    const rate = config.rate ?? Number(kept('rate') ?? 1)
    if (rate >= SLOWEST && rate <= FASTEST) video.playbackRate = video.defaultPlaybackRate = rate
    if (kept('theatre') === 'true' && !config.embed) this.root.closest('.watch')?.classList.add('theatre')
  }

  update () {
    const { video, words: w, icons } = this
    const playing = this.playing
    icons.draw(this.playButton, playing ? 'pause' : video.ended ? 'rotate-ccw' : 'play', playing ? w.pause! : video.ended ? w.replay! : w.play!)
    const silent = video.muted || video.volume === 0
    icons.draw(this.muteButton, silent ? 'volume-x' : 'volume-2', silent ? w.unmute! : w.mute!)
    const full = document.fullscreenElement === this.root
    icons.draw(this.fullButton, full ? 'minimize' : 'maximize', full ? w.leave_fullscreen! : w.fullscreen!)
    this.theatreButton.ariaPressed = String(!!this.root.closest('.theatre'))
    this.big.hidden = playing || video.seeking || !this.next.element.hidden || !this.trouble.hidden
    this.wait.hidden = !(video.readyState < 3 && playing && this.trouble.hidden)
    this.volume.value = String(video.muted ? 0 : video.volume)
    this.volume.style.setProperty('--level', `${Number(this.volume.value) * 100}%`)
    this.settings.update()
    if (this.config.muted === undefined) keep('muted', String(video.muted))
    keep('volume', String(video.volume))
    if (video.paused) this.root.classList.remove('idle')
    this.tick()
  }

  private tick () {
    const { video, config } = this
    this.time.textContent = `${clock(video.currentTime)} / ${clock(this.duration())}`
    this.chapter.textContent = this.seek.chapterAt(video.currentTime)?.title ?? ''
    this.seek.update()
    if (config.stop && video.currentTime >= config.stop && !video.paused) {
      if (video.loop) return this.seekTo(config.start ?? 0)
      config.stop = undefined // only once: who goes on wants to
      video.pause()
      this.root.dispatchEvent(new CustomEvent('player-stopped', { bubbles: true }))
    }
  }

  private failed (why: Trouble) {
    this.faults++
    // Another form of the video may be there.
    if (this.stream?.kind === 'hls.js' && this.config.files?.length && why !== 'refused') {
      this.config.mode = 'web-video'
      this.config.start = Math.floor(this.video.currentTime) || this.config.start
      const playing = this.playing
      void this.load(false).then(() => { if (playing) this.play() })
      return
    }
    this.complain(this.words[`error_${why}`]!, false)
  }

  /** Says what is wrong; goesOn when it is tried again by itself. */
  private complain (text: string, goesOn: boolean) {
    const before = this.trouble.querySelector('p')
    if (before && goesOn && !this.trouble.hidden) {
      before.textContent = text
      return
    }
    const words = element('p', '', text)
    words.role = goesOn ? 'status' : 'alert'
    const again = textButton(this.words.retry!, () => goesOn ? this.stream?.retry() : location.reload())
    this.trouble.replaceChildren(words, again)
    this.trouble.hidden = false
    this.update()
  }
}

/** Whole seconds, as the address of a time has them. */
function clockless (seconds: number) { return `${Math.floor(seconds)}s` }

export { AUTO }
