// The chapter and the element of a list that are played now.
import { keep, kept } from '../player/memory'
import { mixAnew } from '../player/playlist'

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
  toggle('playlist-shuffle', 'shuffle', () => mixAnew(playlist))
  toggle('playlist-loop', 'playlist-loop')
  playlist.parentElement!.addEventListener('click', e => {
    // Who picks one goes on from there to all the others.
    const picked = (e.target as Element).closest('a')?.closest<HTMLElement>('[data-position]')
    if (picked && kept('shuffle') === 'true') mixAnew(playlist, Number(picked.dataset.position))
    const link = (e.target as Element).closest<HTMLAnchorElement>('a[data-more]')
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
    e.preventDefault()
    more(playlist, link).catch(() => { location.href = link.href })
  })
}

/** Puts the part of the list that a link leads to beside what is shown. */
async function more (list: HTMLElement, link: HTMLAnchorElement) {
  if (link.ariaBusy === 'true') return
  link.ariaBusy = 'true'
  const response = await fetch(link.href, { headers: { Accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const side = link.dataset.more!
  const shown = new Set([...list.children].map(i => (i as HTMLElement).dataset.position))
  // Other parts of the list may have moved meanwhile: nothing is shown twice.
  const items = [...page.querySelectorAll<HTMLElement>('[data-playlist] > li')].filter(i => !shown.has(i.dataset.position)).map(i => document.adoptNode(i))
  if (!response.ok || !items.length) throw new Error('there is no more')
  const height = list.scrollHeight
  if (side === 'later') list.append(...items)
  else {
    list.prepend(...items)
    list.scrollTop += list.scrollHeight - height // what was seen stays where it is
  }
  const further = page.querySelector<HTMLAnchorElement>(`a[data-more="${side}"]`)
  const first = side === 'later' ? items[0]! : items.at(-1)!
  first.querySelector('a')?.focus({ preventScroll: side === 'later' })
  if (side === 'later') first.scrollIntoView({ block: 'nearest' })
  link.ariaBusy = null
  if (further) link.href = further.href
  else link.remove()
  if (!document.querySelector('a[data-more]')) list.dataset.whole = ''
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
