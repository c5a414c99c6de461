// The panel of settings: quality, speed, captions and their look, and what
// switches something on or off.
//
// icons: settings
import type { Player } from './controls'
import { SPEEDS } from './controls'
import { checkbox, choice, element, labelled, textButton } from './dom'
import { keep, kept } from './memory'
import { AUTO } from './stream'

const SMALL = 340 // px of height, under which the panel does not fit

export class Settings {
  readonly panel = element('div', 'player-settings')
  readonly button: HTMLButtonElement
  private readonly quality: HTMLSelectElement
  private readonly speed: HTMLSelectElement
  private readonly loop
  private readonly flipped

  constructor (private readonly player: Player) {
    const { words: w } = player
    this.button = player.icons.button('settings', w.settings!, () => this.show(!this.open))
    this.button.ariaExpanded = 'false'
    this.panel.popover = 'manual' // above all, where a small player would cut it off
    this.panel.role = 'group'
    this.panel.ariaLabel = w.settings!
    this.quality = choice([], '', v => this.choose(Number(v)))
    this.speed = choice(SPEEDS.map(s => [String(s), this.speedName(s)]), '1', v => player.setSpeed(Number(v)))
    this.loop = checkbox(w.loop!, false, on => { player.loop = on })
    this.flipped = checkbox(w.flip!, false, () => player.flip())
    this.build()
    player.root.addEventListener('keydown', e => {
      if (e.key !== 'Escape' || !this.open) return
      e.stopPropagation()
      this.show(false)
    })
    document.addEventListener('pointerdown', e => {
      const at = e.target as Node
      if (this.open && at !== this.player.video && !this.panel.contains(at) && !this.button.contains(at)) this.show(false)
    })
    addEventListener('scroll', () => { if (this.open) this.place() }, { passive: true })
    addEventListener('resize', () => { if (this.open) this.place() })
  }

  get open () { return this.panel.matches(':popover-open') }

  show (open: boolean) {
    if (open) this.player.refresh()
    if (open !== this.open) this.panel.togglePopover(open)
    this.button.ariaExpanded = String(open)
    if (open) {
      this.place()
      this.quality.focus({ preventScroll: true })
    }
    else if (this.panel.contains(document.activeElement) || document.activeElement === document.body) this.button.focus()
  }

  /** Above the bar of a large player, at the foot of the window of a small one. */
  private place () {
    const box = this.player.root.getBoundingClientRect()
    const small = box.height < SMALL
    this.panel.classList.toggle('sheet', small)
    Object.assign(this.panel.style, small
      ? { left: '', bottom: '', maxHeight: '' }
      : {
          left: `${Math.max(8, box.right - this.panel.offsetWidth - 12)}px`,
          bottom: `${Math.max(8, innerHeight - box.bottom + 68)}px`,
          maxHeight: `${Math.min(box.bottom, innerHeight) - 68 - Math.max(8, box.top)}px`
        })
  }

  private build () {
    const { player } = this
    const { words: w, captions } = player
    this.panel.append(labelled(w.quality!, this.quality), labelled(w.speed!, this.speed))
    if (captions.tracks.length) {
      const look = element('details')
      look.append(element('summary', '', w.captions_look!), ...captions.styles())
      this.panel.append(labelled(w.captions!, captions.select), look)
    }
    this.panel.append(this.loop.label, this.flipped.label)
    const next = player.next.choice()
    if (next) this.panel.append(next)
    const more = element('div', 'player-more')
    const close = (act: () => unknown) => () => { this.show(false); act() }
    if (document.pictureInPictureEnabled) more.append(textButton(w.pip!, close(() => player.pip()), 'player-narrow'))
    player.remote.entry.addEventListener('click', () => this.show(false))
    more.append(player.remote.entry)
    more.append(textButton(w.help!, close(() => player.help.show()), ''), textButton(w.stats!, close(() => player.stats.toggle()), ''))
    this.panel.append(more)
  }

  private speedName (s: number) { return s === 1 ? this.player.words.normal! : s + '×' }

  private choose (id: number) {
    this.player.stream?.choose(id)
    keep('quality', String(id))
    this.listQualities()
  }

  /** Lists what the stream has now, and takes the quality of the last time. */
  listQualities () {
    const { stream, words: w, config } = this.player
    const list = stream?.qualities() ?? []
    const shown = stream?.shown()
    let wanted = stream?.chosen() ?? AUTO
    const before = Number(kept('quality') ?? AUTO)
    if (wanted === AUTO && before !== AUTO && stream?.kind !== 'MP4' && list.some(q => q.id === before)) {
      stream!.choose(before)
      wanted = before
    }
    this.quality.replaceChildren()
    const auto = w.auto + (wanted === AUTO && shown ? ` (${shown})` : '')
    if (!list.length || (config.hls && stream?.kind !== 'MP4')) this.quality.add(new Option(auto, String(AUTO)))
    for (const q of list) this.quality.add(new Option(q.label || w.audio, String(q.id)))
    this.quality.value = String(wanted)
  }

  update () {
    const { video, root } = this.player
    const rate = String(video.playbackRate)
    const listed = [...this.speed.options]
    if (!listed.some(o => o.value === rate)) { // chosen by key: between those of the list
      this.speed.add(new Option(rate + '×', rate), listed.find(o => Number(o.value) > video.playbackRate))
    }
    this.speed.value = rate
    this.loop.box.checked = video.loop
    this.flipped.box.checked = root.classList.contains('flipped')
  }
}
