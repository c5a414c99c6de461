// The chapter and the element of a list that are played now.
import { keep, kept } from '../player/memory'

/** Marks an item of a list as the one of now, and keeps it in sight. */
export function markCurrent (list: HTMLElement, item: HTMLElement | undefined, follow: boolean) {
  const before = list.querySelector('[aria-current]')
  if (before === (item ?? null)) return
  before?.removeAttribute('aria-current')
  item?.setAttribute('aria-current', 'true')
  if (item && follow) bringIntoSight(list, item)
}

/** Scrolls the list, never the page. */
export function bringIntoSight (list: HTMLElement, item: HTMLElement) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  list.scrollTo({ top: item.offsetTop - list.clientHeight / 3, behavior: calm ? 'auto' : 'smooth' })
}

/** Calls a function with each new time of the page's video. */
export function onTime (call: (seconds: number) => void) {
  const video = document.querySelector<HTMLVideoElement>('#player video')
  if (!video) return
  for (const e of ['timeupdate', 'seeking']) video.addEventListener(e, () => call(video.currentTime))
  call(video.currentTime)
}

const chapters = document.querySelector<HTMLElement>('ol.chapters')
if (chapters) {
  const items = [...chapters.querySelectorAll<HTMLElement>('[data-at]')]
  onTime(now => markCurrent(chapters, items.findLast(i => Number(i.dataset.at) <= now + 0.1), !chapters.matches(':hover, :focus-within')))
}

// The playlist beside the player: what is played is in sight, and its two
// switches are remembered. player/next.ts goes by them.
const playlist = document.querySelector<HTMLElement>('[data-playlist]')
if (playlist) {
  const current = playlist.querySelector<HTMLElement>('[aria-current]')
  if (current) playlist.scrollTop = current.offsetTop - playlist.clientHeight / 3
  toggle('playlist-shuffle', 'shuffle', () => keep('shuffle-seed', String(crypto.getRandomValues(new Uint32Array(1))[0])))
  toggle('playlist-loop', 'playlist-loop')
}

function toggle (id: string, name: string, turnedOn?: () => void) {
  const b = document.getElementById(id)
  if (!b) return
  const show = () => { b.ariaPressed = String(kept(name) === 'true') }
  b.addEventListener('click', () => {
    const on = kept(name) !== 'true'
    keep(name, String(on))
    if (on) turnedOn?.()
    show()
  })
  show()
}
