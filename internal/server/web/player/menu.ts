// The menu of the right mouse button, of a long press and of the menu key.
// With Shift the browser's own comes.
import type { Player } from './controls'
import { element } from './dom'

export class Menu {
  readonly element = element('div', 'player-menu')
  private readonly items: HTMLButtonElement[] = []
  private readonly magnet: HTMLButtonElement
  private from: Element | null = null

  constructor (private readonly player: Player) {
    const { words: w } = player
    this.element.role = 'menu'
    this.element.ariaLabel = w.menu!
    this.element.hidden = true
    this.add(w.copy_link!, () => player.copy(player.linkAt()))
    this.add(w.copy_link_at!, () => player.copy(player.linkAt(player.video.currentTime)))
    this.magnet = this.add(w.copy_magnet!, () => player.copy(player.magnet!))
    this.add(w.loop!, () => { player.loop = !player.loop })
    this.add(w.flip!, () => player.flip())
    this.add(w.stats!, () => player.stats.toggle())
    this.add(w.help!, () => player.help.show())
    this.listen()
  }

  get open () { return !this.element.hidden }

  private add (text: string, act: () => unknown) {
    const b = element('button', '', text)
    b.type = 'button'
    b.role = 'menuitem'
    b.tabIndex = -1
    b.addEventListener('click', () => { this.close(); act() })
    this.items.push(b)
    this.element.append(b)
    return b
  }

  private listen () {
    const { root } = this.player
    root.addEventListener('contextmenu', e => {
      if (e.shiftKey || this.player.config.noControls || (e.target as Element).closest('dialog')) return
      e.preventDefault()
      this.show(e.clientX, e.clientY)
    })
    document.addEventListener('pointerdown', e => { if (this.open && !this.element.contains(e.target as Node)) this.close(false) })
    this.element.addEventListener('keydown', e => {
      e.stopPropagation()
      const shown = this.items.filter(b => !b.hidden)
      const at = shown.indexOf(document.activeElement as HTMLButtonElement)
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key]
      if (e.key === 'Escape' || e.key === 'Tab') this.close()
      if (to === undefined && e.key !== 'Escape') return
      e.preventDefault()
      if (to !== undefined) shown.at(to % shown.length)!.focus()
    })
  }

  private show (x: number, y: number) {
    this.from = document.activeElement
    this.magnet.hidden = !this.player.magnet
    this.element.hidden = false
    const box = this.player.root.getBoundingClientRect()
    const { offsetWidth, offsetHeight } = this.element
    // The menu key tells no place, or that of the focus.
    this.element.style.left = `${Math.max(4, Math.min(x - box.left, box.width - offsetWidth - 4))}px`
    this.element.style.top = `${Math.max(4, Math.min(y - box.top, box.height - offsetHeight - 4))}px`
    this.items[0]!.focus()
  }

  private close (refocus = true) {
    this.element.hidden = true
    if (refocus && this.from instanceof HTMLElement) this.from.focus()
  }
}
