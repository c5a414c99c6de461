// Small makers of elements, and how times are written.
//
// icons: filled-play filled-pause filled-volume-2 filled-volume-x filled-captions filled-settings filled-picture-in-picture-2 filled-rectangle-horizontal filled-maximize filled-minimize filled-skip-back filled-skip-forward

/** Makes an element with a class. */
export function element<K extends keyof HTMLElementTagNameMap> (tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  if (className) e.className = className
  if (text) e.textContent = text
  return e
}

/** Gives a control its name, for the eye and for screen readers. */
export function name (e: HTMLElement, label: string) {
  e.ariaLabel = label
  e.title = label
}

/** A control with its label before it. */
export function labelled (text: string, control: HTMLElement, className = '') {
  const l = element('label', className)
  const words = element('span', '', text)
  l.append(words, control)
  return l
}

/** A box to tick. */
export function checkbox (text: string, checked: boolean, change: (on: boolean) => void) {
  const box = element('input')
  box.type = 'checkbox'
  box.checked = checked
  box.addEventListener('change', () => change(box.checked))
  return { box, label: labelled(text, box) }
}

/** A choice among values, each with its text. */
export function choice (options: [value: string, text: string][], value: string, change: (value: string) => void) {
  const s = element('select')
  for (const [v, text] of options) s.add(new Option(text, v))
  s.value = value
  s.addEventListener('change', () => change(s.value))
  return s
}

/** A button with words. */
export function textButton (text: string, act: () => unknown, className = 'button') {
  const b = element('button', className, text)
  b.type = 'button'
  b.addEventListener('click', () => act())
  return b
}

/** Icons that are there filled too, under the name with "filled-" before it. */
const FILLED = ['play', 'pause', 'volume-2', 'volume-x', 'captions', 'settings', 'picture-in-picture-2', 'rectangle-horizontal', 'maximize', 'minimize', 'skip-back', 'skip-forward']

/** Makes buttons with icons of the sprite at an address, filled ones where they are wanted. */
export class Icons {
  constructor (private readonly sprite: string, private readonly filled = false) {}

  icon (name: string) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('class', 'icon')
    svg.setAttribute('aria-hidden', 'true')
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
    use.setAttribute('href', `${this.sprite}#${this.filled && FILLED.includes(name) ? 'filled-' : ''}${name}`)
    svg.append(use)
    return svg
  }

  button (icon: string, label: string, act: () => unknown) {
    const b = element('button', 'player-button')
    b.type = 'button'
    this.draw(b, icon, label)
    b.addEventListener('click', () => act())
    return b
  }

  /** Changes the icon and the name of a button, if they are others. */
  draw (b: HTMLButtonElement, icon: string, label: string) {
    if (b.dataset.icon === icon && b.ariaLabel === label) return
    b.dataset.icon = icon
    b.replaceChildren(this.icon(icon))
    name(b, label)
  }
}

/** Seconds as a clock: 1:02:03. */
export function clock (seconds: number) {
  const s = Math.floor(seconds || 0)
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** Seconds as addresses have them: 1h2m3s. */
export function stamp (seconds: number) {
  const s = Math.floor(seconds)
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  return (h ? `${h}h` : '') + (m ? `${m}m` : '') + (s % 60 || !s ? `${s % 60}s` : '')
}

/** The seconds of 83, 83s, 1m23s or 1:23, or undefined for anything else. */
export function seconds (text: string): number | undefined {
  const t = text.trim().toLowerCase()
  if (/^\d{1,4}(:\d{1,2}){1,2}$/.test(t)) return t.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  const m = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/.exec(t)
  if (!t || !m) return undefined
  return Number(m[1] ?? 0) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3] ?? 0)
}

/** Fills {name} in a text. */
export function fill (text: string, args: Record<string, string | number>) {
  return text.replace(/\{(\w+)\}/g, (all, key: string) => String(args[key] ?? all))
}
