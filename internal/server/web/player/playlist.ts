// Where a step leads in the playlist that the page shows, or shows a part of.
//
// The list has data-playlist, the position that is played; its items have
// data-position and, what may be watched, a link. data-whole says that they are
// all there are; otherwise what they do not show is asked of data-next.
// data-count is how many the whole list has.
import { keep, kept } from './memory'

export interface Target { url: string, title: string, picture?: string }
/** How one goes through the list: seed is of a mixed order. */
export interface Way { loop?: boolean, seed?: number }

export async function neighbour (list: HTMLElement, by: 1 | -1, way: Way = {}): Promise<Target | undefined> {
  const here = Number(list.dataset.playlist)
  const whole = list.dataset.whole !== undefined
  const all = [...list.querySelectorAll<HTMLElement>('[data-position]')].filter(i => i.querySelector('a[href]'))
  if (way.seed !== undefined && !whole) return ask(list, here, by, way)
  if (way.seed !== undefined) {
    const rank = (item: HTMLElement) => mix(way.seed! + Number(item.dataset.position))
    all.sort((a, b) => rank(a) - rank(b))
  }
  const at = all.findIndex(i => Number(i.dataset.position) === here)
  const to = at < 0 ? undefined : all[at + by]
  if (to) return targetOf(to.querySelector('a')!, to)
  if (!whole) return ask(list, here, by, way)
  const round = way.loop ? all.at(by > 0 ? 0 : -1) : undefined
  return round && targetOf(round.querySelector('a')!, round)
}

async function ask (list: HTMLElement, position: number, by: number, way: Way): Promise<Target | undefined> {
  const u = new URL(list.dataset.next!, document.baseURI)
  u.searchParams.set('position', String(position))
  u.searchParams.set('by', String(by))
  if (way.loop) u.searchParams.set('loop', '1')
  if (way.seed !== undefined) u.searchParams.set('seed', String(way.seed))
  try {
    const answer = await fetch(u, { headers: { 'X-Embedded-In': document.referrer } })
    if (answer.status !== 200) return undefined
    const to = await answer.json() as Target
    return { ...to, url: new URL(to.url, location.href).href }
  } catch {
    return undefined // the network is away
  }
}

export function targetOf (link: HTMLAnchorElement, around: Element | null): Target {
  return {
    url: link.href,
    title: (link.querySelector('[data-title]') ?? link).textContent!.trim(),
    picture: around?.querySelector('img')?.currentSrc || undefined
  }
}

/** Begins a mixed order anew in which what is at a position comes first: all the
 * others follow it, and none of them is missed. */
export function mixAnew (list: HTMLElement, first = Number(list.dataset.playlist)) {
  const count = Number(list.dataset.count)
  const leads = (seed: number) => {
    for (let at = 1; at <= count; at++) if (at !== first && mix(seed + at) < mix(seed + first)) return false
    return true
  }
  let seed = 0
  // One of count seeds will do; the bound is for a place that is none.
  for (let tries = 50 * count + 1; tries > 0; tries--) {
    seed = crypto.getRandomValues(new Uint32Array(1))[0]!
    if (leads(seed)) break
  }
  keep('shuffle-seed', String(seed))
  keep('shuffle-list', nameOf(list))
}

/** The seed of the mixed order that the list is gone through in, if it is one. */
export function mixedBy (list: HTMLElement): number | undefined {
  if (kept('shuffle') !== 'true') return undefined
  if (kept('shuffle-list') !== nameOf(list)) mixAnew(list) // another one was mixed last
  return Number(kept('shuffle-seed') ?? 1)
}

function nameOf (list: HTMLElement) { return new URL(list.dataset.next!, document.baseURI).pathname }

/** A number that looks like chance, of another; the server reckons the same
 * (domain/playlist). */
function mix (n: number) {
  let x = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35)
  return (x ^ x >>> 16) >>> 0
}
