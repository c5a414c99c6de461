// What keys do while a video is on the page, unless somebody types. The keys
// are PeerTube's; j, l, c, i and the brackets are ours. Those that like and
// subscribe belong to the buttons of the page (comments.ts, subscribe.ts), and
// pairs to layout/shortcuts.ts, which comes first.
import type { Player } from './controls'

const SMALL = 5 // seconds
const LARGE = 10
const SPEED_STEP = 0.1
const VOLUME_STEP = 0.1

export function keys (p: Player, e: KeyboardEvent) {
  if (document.documentElement.dataset.keys === 'off') return // as the reader chose
  const on = e.target as HTMLElement
  if (e.defaultPrevented || e.metaKey || e.altKey || e.isComposing) return
  if (on.closest('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable], [role="menu"], [popover]:popover-open, dialog[open]')) return
  const inPlayer = p.root.contains(on)
  if (p.config.embed && !inPlayer && on !== document.body) return
  if (e.ctrlKey) {
    if (e.key !== 'Enter') return
    void p.fullscreen()
    return e.preventDefault()
  }
  // Space and Enter belong to the control that has the focus, arrows to a range.
  if (on.closest('button, a, summary, input') && (e.key === ' ' || e.key === 'Enter')) return
  const range = on instanceof HTMLInputElement && on.type === 'range'
  if (act(p, e.key, inPlayer, range)) e.preventDefault()
}

const simple: Record<string, (p: Player) => unknown> = {
  ' ': p => p.toggle(),
  k: p => p.toggle(),
  MediaPlayPause: p => p.toggle(),
  j: p => p.seekBy(-LARGE),
  l: p => p.seekBy(LARGE),
  m: p => p.mute(!p.video.muted),
  f: p => p.fullscreen(),
  t: p => p.theatre(),
  h: p => p.flip(),
  c: p => p.captions.toggle(),
  i: p => p.pip(),
  '<': p => p.changeSpeed(-SPEED_STEP),
  '>': p => p.changeSpeed(SPEED_STEP),
  ',': p => p.step(-1),
  '.': p => p.step(1),
  '[': p => p.seek.jump(-1),
  ']': p => p.seek.jump(1),
  N: p => p.next.go(),
  P: p => p.next.back(),
  '?': p => p.help.show()
}

function act (p: Player, key: string, inPlayer: boolean, range: boolean): boolean {
  const known = Object.hasOwn(simple, key) && simple[key]
  if (known) {
    void known(p)
    return true
  }
  if (/^[0-9]$/.test(key)) {
    p.seekTo(p.duration() * Number(key) / 10)
    return true
  }
  if (range) return false
  switch (key) {
    case 'ArrowLeft': p.seekBy(-SMALL); return true
    case 'ArrowRight': p.seekBy(SMALL); return true
  }
  if (!inPlayer) return false // the page scrolls
  switch (key) {
    case 'ArrowUp': p.changeVolume(VOLUME_STEP); return true
    case 'ArrowDown': p.changeVolume(-VOLUME_STEP); return true
    case 'Home': p.seekTo(0); return true
    case 'End': p.seekTo(p.duration()); return true
  }
  return false
}
