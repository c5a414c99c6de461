// The controls around the <video>. Everything is a native button, range or
// select, so that keyboards and screen readers know it; nothing needs an
// inline style or a shadow tree, which the content policy would refuse.
//
// icons: play pause rotate-ccw volume-2 volume-x captions settings picture-in-picture-2 maximize minimize
import { openStream, type Sources, type Stream } from './stream'
import { keys } from './keys'
import { kept, keep } from './memory'

export interface Config extends Sources {
  title: string
  duration: number
  storyboard?: { url: string, width: number, height: number, columns: number, every: number }
  stop?: number
  icons: string
}

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
const IDLE_AFTER = 2500 // ms without a movement

export class Player {
  readonly video: HTMLVideoElement
  private stream?: Stream
  private idleTimer = 0
  private readonly bar = element('div', 'player-bar')
  private readonly seek = element('input')
  private readonly volume = element('input', 'player-volume')
  private readonly time = element('span', 'player-time')
  private readonly big = element('button', 'player-big')
  private readonly wait = element('div', 'player-wait')
  private readonly preview = element('div', 'player-preview')
  private readonly settings = element('div', 'player-settings')
  private readonly quality = element('select')
  private readonly speed = element('select')
  private readonly captions = element('select')
  private readonly playButton: HTMLButtonElement
  private readonly muteButton: HTMLButtonElement
  private readonly captionButton: HTMLButtonElement
  private readonly settingsButton: HTMLButtonElement
  private readonly pipButton: HTMLButtonElement
  private readonly fullButton: HTMLButtonElement
  private stale = false
  private lastCaption = ''

  constructor (readonly root: HTMLElement, private readonly config: Config) {
    this.video = root.querySelector('video')!
    this.video.controls = false
    root.tabIndex = -1
    this.playButton = this.button('play', () => this.toggle())
    this.muteButton = this.button('volume-2', () => { this.video.muted = !this.video.muted })
    this.captionButton = this.button('captions', () => this.toggleCaptions())
    this.settingsButton = this.button('settings', () => this.openSettings(!!this.settings.hidden))
    this.pipButton = this.button('picture-in-picture-2', () => this.pip())
    this.fullButton = this.button('maximize', () => this.fullscreen())
    this.build()
    this.listen()
    this.restore()
    this.update()
  }

  async open () {
    this.stream = await openStream(this.video, this.config)
    this.stream.onQualities = () => this.listQualities()
    this.stream.onFailed = () => this.failed()
    this.listQualities()
    this.root.classList.add('ready')
  }

  // More qualities are there now. Reading them again interrupts, so it waits
  // for a moment in which nobody watches.
  moreQualities () {
    this.stale = true
    if (this.video.paused) this.refresh()
  }

  private refresh () {
    if (!this.stale) return
    this.stale = false
    this.stream?.refresh()
  }

  toggle () {
    if (!this.video.paused) return this.video.pause()
    this.stream?.start()
    void this.video.play().catch(() => this.update())
  }

  seekBy (seconds: number) { this.seekTo(this.video.currentTime + seconds) }

  seekTo (seconds: number) {
    this.stream?.start()
    this.video.currentTime = Math.max(0, Math.min(seconds, this.duration()))
    this.wake()
  }

  changeVolume (by: number) {
    this.video.muted = false
    this.video.volume = Math.max(0, Math.min(1, this.video.volume + by))
    this.wake()
  }

  changeSpeed (by: number) {
    const at = SPEEDS.indexOf(this.video.playbackRate)
    this.video.playbackRate = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))] ?? 1
    this.wake()
  }

  duration () { return Number.isFinite(this.video.duration) && this.video.duration ? this.video.duration : this.config.duration }

  async pip () {
    if (document.pictureInPictureElement) await document.exitPictureInPicture()
    else await this.video.requestPictureInPicture?.()
  }

  async fullscreen () {
    if (document.fullscreenElement) return document.exitFullscreen()
    const video = this.video as HTMLVideoElement & { webkitEnterFullscreen?: () => void }
    if (this.root.requestFullscreen) await this.root.requestFullscreen()
    else video.webkitEnterFullscreen?.()
  }

  toggleCaptions () {
    const showing = [...this.video.textTracks].find(t => t.mode === 'showing')
    this.showCaptions(showing ? '' : this.lastCaption || this.video.textTracks[0]?.language || '')
  }

  private showCaptions (language: string) {
    for (const track of this.video.textTracks) track.mode = track.language === language ? 'showing' : 'disabled'
    if (language) this.lastCaption = language
    keep('captions', language)
    this.captions.value = language
    this.captionButton.ariaPressed = String(language !== '')
  }

  private build () {
    const w = this.config.words
    Object.assign(this.seek, { type: 'range', min: '0', max: String(this.duration()), step: '1', value: '0', ariaLabel: w.seek })
    Object.assign(this.volume, { type: 'range', min: '0', max: '1', step: '0.05', ariaLabel: w.volume })
    name(this.captionButton, w.captions!)
    name(this.settingsButton, w.settings!)
    name(this.pipButton, w.pip!)
    name(this.big, w.play!)
    this.big.append(this.icon('play'))
    this.big.type = 'button'
    this.settingsButton.ariaExpanded = 'false'
    this.pipButton.classList.add('player-pip')
    this.pipButton.hidden = !document.pictureInPictureEnabled
    this.captionButton.hidden = this.video.textTracks.length === 0
    this.captionButton.ariaPressed = 'false'
    this.preview.hidden = this.settings.hidden = this.wait.hidden = true
    this.preview.append(element('div'), element('span'))

    const seek = element('div', 'player-seek')
    seek.append(this.preview, this.seek)
    const buttons = element('div', 'player-buttons')
    buttons.append(this.playButton, this.muteButton, this.volume, this.time, element('span', 'grow'),
      this.captionButton, this.settingsButton, this.pipButton, this.fullButton)
    this.bar.append(seek, buttons)
    this.buildSettings()
    this.root.append(this.wait, this.big, this.settings, this.bar)
  }

  private buildSettings () {
    const w = this.config.words
    for (const s of SPEEDS) this.speed.add(new Option(s === 1 ? w.normal : s + '×', String(s)))
    this.captions.add(new Option(w.off, ''))
    for (const t of this.video.textTracks) this.captions.add(new Option(t.label, t.language))
    this.settings.append(labelled(w.quality!, this.quality), labelled(w.speed!, this.speed))
    if (this.video.textTracks.length) this.settings.append(labelled(w.captions!, this.captions))
    this.quality.addEventListener('change', () => {
      this.stream?.choose(Number(this.quality.value))
      keep('quality', this.quality.value)
    })
    this.speed.addEventListener('change', () => { this.video.playbackRate = Number(this.speed.value) })
    this.captions.addEventListener('change', () => this.showCaptions(this.captions.value))
  }

  private openSettings (open: boolean) {
    if (open) this.refresh()
    this.settings.hidden = !open
    this.settingsButton.ariaExpanded = String(open)
    if (open) this.quality.focus()
    else this.settingsButton.focus()
  }

  private listQualities () {
    const stream = this.stream
    const list = stream?.qualities() ?? []
    const shown = stream?.shown()
    const wanted = stream?.chosen() ?? -1
    const auto = this.config.words.auto + (wanted < 0 && shown ? ` (${shown})` : '')
    this.quality.replaceChildren()
    if (!list.length || this.config.hls) this.quality.add(new Option(auto, '-1'))
    for (const q of list) this.quality.add(new Option(q.label, String(q.id)))
    this.quality.value = String(wanted)
    const before = Number(kept('quality') ?? -1)
    if (wanted < 0 && before >= 0 && this.config.hls && list.some(q => q.id === before)) {
      stream?.choose(before)
      this.quality.value = String(before)
    }
  }

  private listen () {
    const { video, root } = this
    for (const e of ['play', 'pause', 'ended', 'volumechange', 'ratechange', 'durationchange', 'seeking', 'seeked', 'waiting', 'playing', 'progress']) {
      video.addEventListener(e, () => this.update())
    }
    video.addEventListener('timeupdate', () => this.tick())
    video.addEventListener('play', () => this.stream?.start())
    video.addEventListener('pause', () => this.refresh())
    video.addEventListener('click', () => { this.settings.hidden ? this.toggle() : this.openSettings(false) })
    video.addEventListener('dblclick', () => void this.fullscreen())
    this.big.addEventListener('click', () => this.toggle())
    this.seek.addEventListener('input', () => this.seekTo(Number(this.seek.value)))
    this.volume.addEventListener('input', () => {
      video.muted = false
      video.volume = Number(this.volume.value)
    })
    for (const e of ['pointermove', 'focusin', 'keydown']) root.addEventListener(e, () => this.wake())
    this.seek.addEventListener('pointermove', e => this.showPreview(e))
    this.seek.addEventListener('pointerleave', () => { this.preview.hidden = true })
    document.addEventListener('fullscreenchange', () => this.update())
    root.addEventListener('keydown', e => {
      if (e.key === 'Escape' && !this.settings.hidden) this.openSettings(false)
    })
    document.addEventListener('keydown', e => keys(this, e))
    root.addEventListener('more-qualities', () => this.moreQualities())
  }

  private restore () {
    this.video.volume = Math.max(0, Math.min(1, Number(kept('volume') ?? 1)))
    this.video.muted = kept('muted') === 'true'
    const captions = kept('captions')
    if (captions && [...this.video.textTracks].some(t => t.language === captions)) this.showCaptions(captions)
  }

  private wake () {
    this.root.classList.remove('idle')
    clearTimeout(this.idleTimer)
    this.idleTimer = window.setTimeout(() => {
      if (!this.video.paused && this.settings.hidden) this.root.classList.add('idle')
    }, IDLE_AFTER)
  }

  private update () {
    const { video } = this
    const w = this.config.words
    const playing = !video.paused && !video.ended
    this.draw(this.playButton, playing ? 'pause' : 'play', playing ? w.pause! : video.ended ? w.replay! : w.play!)
    const silent = video.muted || video.volume === 0
    this.draw(this.muteButton, silent ? 'volume-x' : 'volume-2', silent ? w.unmute! : w.mute!)
    const full = document.fullscreenElement === this.root
    this.draw(this.fullButton, full ? 'minimize' : 'maximize', full ? w.leave_fullscreen! : w.fullscreen!)
    this.big.hidden = playing || video.seeking
    this.wait.hidden = !(video.readyState < 3 && playing)
    this.volume.value = String(video.muted ? 0 : video.volume)
    this.volume.style.setProperty('--level', `${Number(this.volume.value) * 100}%`)
    this.speed.value = String(video.playbackRate)
    keep('volume', String(video.volume))
    keep('muted', String(video.muted))
    if (video.paused) this.root.classList.remove('idle')
    this.tick()
  }

  private tick () {
    const { video, config } = this
    const all = this.duration()
    this.seek.max = String(all)
    this.seek.value = String(video.currentTime)
    const text = `${clock(video.currentTime)} / ${clock(all)}`
    this.time.textContent = text
    this.seek.setAttribute('aria-valuetext', text)
    const loaded = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0
    this.seek.parentElement!.style.setProperty('--played', `${all ? video.currentTime / all * 100 : 0}%`)
    this.seek.parentElement!.style.setProperty('--loaded', `${all ? loaded / all * 100 : 0}%`)
    if (config.stop && video.currentTime >= config.stop && !video.paused) {
      config.stop = undefined // only once: who goes on wants to
      video.pause()
    }
  }

  private showPreview (e: PointerEvent) {
    const box = this.seek.getBoundingClientRect()
    const part = Math.max(0, Math.min(1, (e.clientX - box.left) / box.width))
    const at = part * this.duration()
    const [picture, label] = this.preview.children as unknown as [HTMLElement, HTMLElement]
    label.textContent = clock(at)
    const s = this.config.storyboard
    const width = s ? s.width : 64
    if (s) {
      const n = Math.floor(at / s.every)
      picture.style.width = `${s.width}px`
      picture.style.height = `${s.height}px`
      picture.style.backgroundImage = `url("${s.url}")`
      picture.style.backgroundPosition = `-${n % s.columns * s.width}px -${Math.floor(n / s.columns) * s.height}px`
    }
    this.preview.hidden = false
    this.preview.style.left = `${Math.max(0, Math.min(box.width - width - 4, part * box.width - width / 2))}px`
  }

  private failed () {
    if (this.root.querySelector('.player-message')) return
    const message = element('div', 'player-message')
    message.role = 'alert'
    const text = element('p')
    text.textContent = this.config.words.failed!
    const again = element('button', 'button')
    again.type = 'button'
    again.textContent = this.config.words.retry!
    again.addEventListener('click', () => location.reload())
    message.append(text, again)
    this.root.append(message)
  }

  private button (icon: string, act: () => unknown) {
    const b = element('button', 'player-button')
    b.type = 'button'
    b.append(this.icon(icon))
    b.addEventListener('click', act)
    return b
  }

  private draw (b: HTMLButtonElement, icon: string, label: string) {
    if (b.dataset.icon === icon && b.ariaLabel === label) return
    b.dataset.icon = icon
    b.replaceChildren(this.icon(icon))
    name(b, label)
  }

  private icon (name: string) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('class', 'icon')
    svg.setAttribute('aria-hidden', 'true')
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
    use.setAttribute('href', `${this.config.icons}#${name}`)
    svg.append(use)
    return svg
  }
}

function name (b: HTMLElement, label: string) {
  b.ariaLabel = label
  b.title = label
}

function element<K extends keyof HTMLElementTagNameMap> (tag: K, className = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  if (className) e.className = className
  return e
}

function labelled (text: string, control: HTMLElement) {
  const l = element('label')
  l.append(text, control)
  return l
}

/** Seconds as a clock: 1:02:03. */
export function clock (seconds: number) {
  const s = Math.floor(seconds || 0)
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}
