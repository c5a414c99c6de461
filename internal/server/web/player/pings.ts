// Says where a viewer is: to the site, which counts views and remembers for
// those who are logged in where they stopped, and to this browser, which
// remembers it for all others. Nothing is said before something is played.
//
// Embeds use it too: watching(video, {id, duration}, {url, every}).
import { kept, keep } from './memory'

export interface Watching {
  url: string
  /** Milliseconds between two reports. */
  every: number
  csrf?: string
  /** This browser remembers where its viewer stopped. */
  here?: boolean
}

interface Watched { id?: string, duration: number, stop?: number, watching?: Watching }

const MOST_PLACES = 100
const LEAST_RESUMED = 5 // s
const SEEK_REST = 500 // ms in which a seek may go on

/** Reports where the viewer of a video is, from the first time it plays.
 * Returns what ends it. */
export function watching (video: HTMLVideoElement, watched: Watched, to: Watching): () => void {
  const over = new AbortController()
  const on = (target: EventTarget, types: string[], act: () => void) => {
    for (const type of types) target.addEventListener(type, act, { signal: over.signal })
  }
  let played = false
  let timer = 0
  let rest = 0
  let last = -1

  const place = () => Math.max(0, Math.min(Math.floor(video.currentTime), watched.duration || Infinity))
  const report = (seek: boolean, leaving = false) => {
    const at = place()
    if (!played || at === last && !seek) return
    last = at
    if (to.here && watched.id) keepPlace(watched.id, at, watched.duration)
    send(to, { currentTime: at, ...(seek && { viewEvent: 'seek' }), sessionId: session() }, leaving)
  }
  on(video, ['playing'], () => {
    if (timer) return
    const first = !played
    played = true
    if (first) report(true)
    timer = window.setInterval(() => report(false), to.every)
  })
  const rests = () => {
    clearInterval(timer)
    timer = 0
  }
  on(video, ['pause', 'ended'], () => {
    rests()
    if (!video.seeking) report(false)
  })
  on(video, ['emptied'], rests) // what is shown now is at 0, its viewer is not
  on(video, ['seeked'], () => {
    clearTimeout(rest)
    rest = window.setTimeout(() => report(true), SEEK_REST)
  })
  on(window, ['pagehide'], () => report(false, true))
  on(document, ['visibilitychange'], () => { if (document.visibilityState === 'hidden') report(false, true) })
  return () => {
    report(false)
    rests()
    clearTimeout(rest)
    over.abort()
  }
}

// A report that does not arrive is made up for by the next one.
function send (to: Watching, report: Record<string, string | number>, leaving: boolean) {
  if (leaving && navigator.sendBeacon) {
    const form = new URLSearchParams(Object.entries(report).map(([k, v]): [string, string] => [k, String(v)]))
    if (to.csrf) form.set('csrf', to.csrf)
    if (navigator.sendBeacon(to.url, form)) return
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (to.csrf) headers['X-CSRF-Token'] = to.csrf
  void fetch(to.url, { method: 'POST', headers, body: JSON.stringify(report), keepalive: leaving }).catch(() => {})
}

let ofPage = ''

/** What reports of this window have in common, by chance and until it is
 * closed. */
function session (): string {
  const name = 'player.viewing'
  try {
    ofPage ||= sessionStorage.getItem(name) ?? ''
  } catch { /* not kept */ }
  if (!ofPage) {
    ofPage = Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('')
    try {
      sessionStorage.setItem(name, ofPage)
    } catch { /* not kept */ }
  }
  return ofPage
}

type Places = Record<string, [seconds: number, when: number]>

function places (): Places {
  try {
    const all: unknown = JSON.parse(kept('places') ?? '{}')
    return typeof all === 'object' && all ? all as Places : {}
  } catch {
    return {}
  }
}

/** Where the viewer of this browser stopped, or undefined; a beginning in the
 * address comes first. */
export function resumed ({ id, stop, watching: to }: Watched): number | undefined {
  if (!to?.here || !id || new URLSearchParams(location.search).has('start')) return undefined
  const at = Number(places()[id]?.[0])
  return at >= LEAST_RESUMED && (!stop || at < stop) ? at : undefined
}

/** Remembers a place, of the last videos only; one at the end is forgotten. */
function keepPlace (id: string, at: number, duration: number) {
  const all = places()
  delete all[id]
  if (!atEnd(at, duration)) all[id] = [at, Date.now()]
  const recent = Object.entries(all).sort(([, a], [, b]) => b[1] - a[1]).slice(0, MOST_PLACES)
  keep('places', JSON.stringify(Object.fromEntries(recent)))
}

/** As the site says what is watched to its end. */
function atEnd (at: number, duration: number) {
  return duration > 0 && (at >= duration * 0.95 || duration > 60 && duration - at <= 10)
}
