// The bar of the position: what was played and loaded, the chapters, and a
// picture of the place under the pointer, the finger or the keyboard's focus.
import type { Player } from './controls'
import { clock, element } from './dom'

export interface Storyboard { url: string, width: number, height: number, columns: number, every: number }
export interface Chapter { at: number, title: string }

const SMALL = 5 // seconds of an arrow
const SEEK_AFTER = 120 // ms that a finger rests before the video follows

export class SeekBar {
  readonly element = element('div', 'player-seek')
  readonly range = element('input')
  private readonly preview = element('div', 'player-preview')
  private readonly picture = element('div')
  private readonly place = element('span')
  private readonly title = element('span', 'player-preview-title')
  private readonly marks = element('div', 'player-marks')
  private dragging = false
  private timer = 0

  constructor (private readonly player: Player) {
    Object.assign(this.range, { type: 'range', min: '0', max: String(player.duration()), step: 'any', value: '0', ariaLabel: player.words.seek })
    this.preview.hidden = true
    this.preview.ariaHidden = this.marks.ariaHidden = 'true'
    this.picture.hidden = true
    this.title.dir = 'auto'
    this.preview.append(this.picture, this.title, this.place)
    this.element.append(this.marks, this.range, this.preview)
    this.listen()
    this.mark()
  }

  /** The chapter of a time, if there are chapters. */
  chapterAt (at: number): Chapter | undefined {
    return this.player.config.chapters?.findLast(c => c.at <= at)
  }

  /** Goes to the chapter before or after. */
  jump (by: 1 | -1) {
    const now = this.player.video.currentTime
    const list = this.player.config.chapters ?? []
    const to = by > 0 ? list.find(c => c.at > now + 0.5) : list.findLast(c => c.at < now - 2)
    if (to) this.player.seekTo(to.at)
  }

  update () {
    const { player } = this
    const all = player.duration()
    const now = player.video.currentTime
    this.range.max = String(all)
    if (!this.dragging) this.range.value = String(now)
    const chapter = this.chapterAt(now)?.title
    this.range.setAttribute('aria-valuetext', `${clock(now)} / ${clock(all)}${chapter ? ', ' + chapter : ''}`)
    const { buffered } = player.video
    let loaded = 0
    for (let i = 0; i < buffered.length; i++) if (buffered.start(i) <= now + 0.5) loaded = buffered.end(i)
    const part = (n: number) => `${all ? Math.min(1, n / all) * 100 : 0}%`
    this.element.style.setProperty('--played', part(Number(this.range.value)))
    this.element.style.setProperty('--loaded', part(loaded))
  }

  /** Draws the borders between chapters. */
  mark () {
    const all = this.player.duration()
    this.marks.replaceChildren(...(this.player.config.chapters ?? []).filter(c => c.at > 0 && c.at < all).map(c => {
      const m = element('span')
      m.style.left = `${c.at / all * 100}%`
      return m
    }))
  }

  private listen () {
    const { range, player } = this
    range.addEventListener('input', () => {
      this.dragging = true
      this.show(Number(range.value))
      this.update()
      clearTimeout(this.timer)
      this.timer = window.setTimeout(() => player.seekTo(Number(range.value)), SEEK_AFTER)
    })
    range.addEventListener('change', () => {
      clearTimeout(this.timer)
      this.dragging = false
      player.seekTo(Number(range.value))
    })
    range.addEventListener('pointermove', e => {
      const box = range.getBoundingClientRect()
      this.show((e.clientX - box.left) / box.width * player.duration())
    })
    range.addEventListener('pointerleave', () => this.hide())
    range.addEventListener('pointerup', () => setTimeout(() => this.hide(), 800))
    range.addEventListener('focus', () => { if (range.matches(':focus-visible')) this.show(player.video.currentTime) })
    range.addEventListener('blur', () => this.hide())
    range.addEventListener('keydown', e => {
      const by = { ArrowLeft: -SMALL, ArrowDown: -SMALL, ArrowRight: SMALL, ArrowUp: SMALL, PageDown: -player.duration() / 10, PageUp: player.duration() / 10 }[e.key]
      if (by === undefined || e.ctrlKey || e.altKey || e.metaKey) return
      e.preventDefault()
      player.seekBy(by)
      this.show(player.video.currentTime)
    })
  }

  /** Shows what is at a time, above its place on the bar. */
  show (at: number) {
    const all = this.player.duration()
    const time = Math.max(0, Math.min(all, at))
    this.place.textContent = clock(time)
    this.title.textContent = this.chapterAt(time)?.title ?? ''
    this.draw(time)
    this.preview.hidden = false
    const wide = this.element.clientWidth
    const own = this.preview.offsetWidth
    this.preview.style.left = `${Math.max(0, Math.min(wide - own, (all ? time / all : 0) * wide - own / 2))}px`
  }

  hide () { if (!this.dragging) this.preview.hidden = true }

  private draw (time: number) {
    const s = this.player.config.storyboard
    this.picture.hidden = !s
    if (!s) return
    const n = Math.floor(time / s.every)
    Object.assign(this.picture.style, {
      width: `${s.width}px`, height: `${s.height}px`, backgroundImage: `url("${s.url}")`,
      backgroundPosition: `-${n % s.columns * s.width}px -${Math.floor(n / s.columns) * s.height}px`
    })
  }
}
