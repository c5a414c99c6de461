// The mouse and fingers on the picture. With a mouse a click plays and pauses,
// a double click fills the screen. With a finger a tap shows the controls, two
// taps at the side jump, and a swipe to the side looks for a place.
import type { Player } from './controls'
import { clock, fill } from './dom'

const JUMP = 10 // seconds of two taps
const TWICE = 300 // ms between two taps
const BEGIN = 24 // px from which a movement is a swipe
const WHOLE = 180 // seconds of a swipe over the whole width

export function gestures (p: Player) {
  const { video, root } = p
  let click = 0
  let tapped = { at: 0, x: 0 }
  let swipe: { id: number, x: number, y: number, from: number, to: number, on: boolean } | undefined
  let byFinger = false

  video.addEventListener('click', () => {
    if (byFinger) return
    if (p.settings.open) return p.settings.show(false)
    // A double click would play and pause in between: it is waited for.
    clearTimeout(click)
    click = window.setTimeout(() => p.toggle(), root.classList.contains('begun') ? 200 : 0)
  })
  video.addEventListener('dblclick', () => {
    clearTimeout(click)
    if (!byFinger) void p.fullscreen()
  })

  video.addEventListener('pointerdown', e => {
    byFinger = e.pointerType !== 'mouse'
    if (byFinger && e.isPrimary) swipe = { id: e.pointerId, x: e.clientX, y: e.clientY, from: video.currentTime, to: video.currentTime, on: false }
  })
  video.addEventListener('pointermove', e => {
    if (!swipe || e.pointerId !== swipe.id) return
    const by = e.clientX - swipe.x
    if (!swipe.on && Math.abs(by) < BEGIN) return
    if (!swipe.on && Math.abs(e.clientY - swipe.y) > Math.abs(by)) {
      swipe = undefined // the page scrolls
      return
    }
    swipe.on = true
    const span = Math.min(p.duration(), WHOLE)
    swipe.to = Math.max(0, Math.min(p.duration(), swipe.from + by / root.clientWidth * span))
    p.flash(clock(swipe.to))
    p.seek.show(swipe.to)
  })
  const end = (e: PointerEvent) => {
    if (!byFinger) return
    const done = swipe
    swipe = undefined
    if (done?.on) {
      p.seek.hide()
      if (e.type === 'pointerup') p.seekTo(done.to)
      return
    }
    if (e.type === 'pointerup') tap(e)
  }
  video.addEventListener('pointerup', end)
  video.addEventListener('pointercancel', end)

  function tap (e: PointerEvent) {
    const box = root.getBoundingClientRect()
    const part = (e.clientX - box.left) / box.width
    const twice = e.timeStamp - tapped.at < TWICE && Math.abs(e.clientX - tapped.x) < 60
    tapped = { at: e.timeStamp, x: e.clientX }
    if (p.settings.open) return p.settings.show(false)
    if (twice && (part < 0.35 || part > 0.65)) {
      const by = part < 0.5 ? -JUMP : JUMP
      p.seekBy(by)
      p.flash(fill(by < 0 ? p.words.flash_back! : p.words.flash_on!, { n: JUMP }))
    } else if (p.idle || !p.playing) {
      p.wake()
      if (!root.classList.contains('begun')) p.play()
    } else if (!twice) {
      p.sleep()
    }
  }
}
