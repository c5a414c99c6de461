// The sheet of all keys.
import type { Player } from './controls'
import { element, textButton } from './dom'

// Keys, and the name of the words that say what they do.
const SHEET: [keys: string[], what: string][] = [
  [['k', 'Space'], 'play'], [['←', '→'], 'seek5'], [['j', 'l'], 'seek10'], [['↑', '↓'], 'volume'], [['m'], 'mute'], [['0 – 9'], 'part'],
  [['Home', 'End'], 'ends'], [['[', ']'], 'chapter'], [[',', '.'], 'frame'], [['<', '>'], 'speed'], [['c'], 'captions'],
  [['f', 'Ctrl + Enter'], 'fullscreen'], [['t'], 'theatre'], [['i'], 'pip'], [['h'], 'flip'], [['Shift + N', 'Shift + P'], 'next'],
  [['Shift + L', 'Shift + D'], 'like'], [['Shift + S'], 'subscribe'], [['?'], 'help']
]

export class Help {
  readonly element = element('dialog', 'dialog player-help')

  constructor (player: Player) {
    const { words } = player
    const head = element('h2', '', words.help)
    head.id = 'player-help-title'
    this.element.setAttribute('aria-labelledby', head.id)
    const list = element('dl')
    for (const [keys, what] of SHEET) {
      if (player.config.embed && ['theatre', 'next', 'like', 'subscribe'].includes(what)) continue
      const term = element('dt')
      for (const part of keys) term.append(element('kbd', '', part === 'Space' ? words.key_space : part), ' ')
      list.append(term, element('dd', '', words[`help_${what}`]))
    }
    const buttons = element('div', 'dialog-buttons')
    if (!player.config.embed) buttons.append(this.everywhere(words.help_all!))
    buttons.append(textButton(words.close!, () => this.element.close()))
    this.element.append(head, list, buttons)
    this.element.addEventListener('keydown', e => e.stopPropagation())
    this.element.addEventListener('click', e => { if (e.target === this.element) this.element.close() })
  }

  /** The keys of the other pages work here too; the list of all takes the place of this one. */
  private everywhere (text: string) {
    const link = element('a', 'button quiet', text)
    link.href = '/keyboard'
    link.dataset.dialog = ''
    return link
  }

  show () {
    if (!this.element.open) this.element.showModal()
  }
}
