// What keys do while a video is on the page, unless somebody types.
import type { Player } from './controls'

export function keys (p: Player, e: KeyboardEvent) {
  const on = e.target as HTMLElement
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return
  if (on.closest('input:not([type="range"]), textarea, select, [contenteditable], [popover]:popover-open')) return
  const inPlayer = p.root.contains(on)
  // Space and Enter belong to the button that has the focus, arrows to a range.
  if (on.closest('button, a, summary') && (e.key === ' ' || e.key === 'Enter')) return
  const range = on instanceof HTMLInputElement && on.type === 'range'
  if (!act(p, e.key, inPlayer, range)) return
  e.preventDefault()
}

function act (p: Player, key: string, inPlayer: boolean, range: boolean): boolean {
  switch (key) {
    case ' ': case 'k': p.toggle(); return true
    case 'j': p.seekBy(-10); return true
    case 'l': p.seekBy(10); return true
    case 'm': p.video.muted = !p.video.muted; return true
    case 'f': void p.fullscreen(); return true
    case 'c': p.toggleCaptions(); return true
    case 'i': void p.pip(); return true
    case '<': p.changeSpeed(-1); return true
    case '>': p.changeSpeed(1); return true
  }
  if (/^[0-9]$/.test(key)) {
    p.seekTo(p.duration() * Number(key) / 10)
    return true
  }
  if (range) return false
  switch (key) {
    case 'ArrowLeft': p.seekBy(-5); return true
    case 'ArrowRight': p.seekBy(5); return true
  }
  if (!inPlayer) return false // the page scrolls
  switch (key) {
    case 'ArrowUp': p.changeVolume(0.05); return true
    case 'ArrowDown': p.changeVolume(-0.05); return true
    case 'Home': p.seekTo(0); return true
    case 'End': p.seekTo(p.duration()); return true
  }
  return false
}
