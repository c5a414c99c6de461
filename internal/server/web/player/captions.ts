// Captions are drawn by us over the video, so that they look as the reader
// chose, above the controls, in full screen too. Where the browser shows the
// video without our page (picture in picture, a phone's own full screen), it
// draws them itself.
import type { Player } from './controls'
import { choice, element, labelled } from './dom'
import { keep, kept } from './memory'

/** The choices of style; the first is the default. The words are style_*. */
const STYLES: Record<string, string[]> = {
  size: ['normal', 'small', 'large', 'huge'],
  colour: ['white', 'yellow', 'cyan', 'green'],
  background: ['dark', 'black', 'none']
}

export class Captions {
  readonly element = element('div', 'player-captions')
  readonly select: HTMLSelectElement
  /** Called when another language is shown, or none (""). */
  changed: (language: string) => void = () => {}
  private last: string
  private language = ''
  private byBrowser = false

  constructor (private readonly player: Player) {
    const { words } = player
    this.last = kept('captions-last') ?? ''
    const off: [string, string] = ['', words.off!]
    this.select = choice([off, ...this.tracks.map(t => [t.language, t.label] as [string, string])], '', l => this.show(l))
    for (const t of this.tracks) {
      t.mode = 'disabled'
      t.addEventListener('cuechange', () => this.draw())
    }
    for (const style of Object.keys(STYLES)) this.set(style, kept('captions-' + style) ?? '')
    const { video } = player
    video.addEventListener('enterpictureinpicture', () => this.leaveTo(true))
    video.addEventListener('leavepictureinpicture', () => this.leaveTo(false))
    video.addEventListener('webkitbeginfullscreen', () => this.leaveTo(true))
    video.addEventListener('webkitendfullscreen', () => this.leaveTo(false))
    this.restore()
  }

  get tracks () { return [...this.player.video.textTracks].filter(t => t.kind === 'captions' || t.kind === 'subtitles') }
  get shown () { return this.language }

  /** Shows the captions of a language, or none (""). */
  show (language: string, remember = true) {
    if (language && !this.tracks.some(t => t.language === language)) return
    const before = this.language
    this.language = language
    if (language) this.last = language
    if (remember) {
      keep('captions', language)
      if (language) keep('captions-last', language)
    }
    for (const t of this.tracks) {
      if (t.language === language) t.mode = this.byBrowser ? 'showing' : 'hidden'
      else if (t.language === before) t.mode = 'disabled'
    }
    this.select.value = language
    this.draw()
    this.changed(language)
  }

  toggle () {
    const fallback = this.tracks.find(t => t.language === this.last) ?? this.tracks[0]
    this.show(this.language ? '' : fallback?.language ?? '')
  }

  /** The fields that choose how captions look. */
  styles () {
    const { words } = this.player
    return Object.entries(STYLES).map(([style, values]) => labelled(words[`style_${style}`]!,
      choice(values.map(v => [v, words[`style_${v}`]!]), this.element.dataset[style]!, v => {
        this.set(style, v)
        keep('captions-' + style, v)
      })))
  }

  private set (style: string, value: string) {
    this.element.dataset[style] = STYLES[style]!.includes(value) ? value : STYLES[style]![0]!
  }

  // What the address asks for is shown, and is no choice to remember.
  private restore () {
    const asked = this.player.config.subtitle
    const before = kept('captions')
    if (asked) this.show(asked, false)
    else if (before) this.show(before, false)
  }

  private leaveTo (browser: boolean) {
    this.byBrowser = browser
    for (const t of this.tracks) if (t.language === this.language) t.mode = browser ? 'showing' : 'hidden'
    this.draw()
  }

  private draw () {
    const track = this.language && !this.byBrowser ? this.tracks.find(t => t.language === this.language) : undefined
    const cues = [...track?.activeCues ?? []] as VTTCue[]
    this.element.lang = this.language
    this.element.classList.toggle('top', cues.some(c => typeof c.line === 'number' && !c.snapToLines && c.line < 50))
    this.element.replaceChildren(...cues.map(cue => {
      const line = element('p')
      const text = element('span')
      text.dir = 'auto'
      text.append(cue.getCueAsHTML())
      line.append(text)
      return line
    }))
  }
}
