// Says how playing goes: how much came from the site and from other viewers,
// how often it stood still, how long it took to begin. Nothing of who watches
// is said: no account goes along, and the site keeps sums only. The form is
// that of PeerTube's players, with firstReport and startupTime besides.
import type { Player } from './controls'

export interface Reporting {
  url: string
  /** Milliseconds between two reports. */
  every: number
}

/** What grows while somebody watches. */
const nothing = () => ({ site: 0, peers: 0, sent: 0, changes: 0, errors: 0, stalls: 0 })
type Counts = ReturnType<typeof nothing>

/** Reports how a player does, from the first time it plays. Returns what ends it. */
export function reporting (player: Player, to: Reporting): () => void {
  const over = new AbortController()
  const { video } = player
  const on = (target: EventTarget, type: string, act: () => void) => target.addEventListener(type, act, { signal: over.signal })
  let open = nothing() // what the site does not know yet
  let first = true
  let wished = 0
  let startup: number | undefined
  let played = false
  let sought = false
  let sized = false
  let stream = player.stream
  let seen = { site: 0, peers: 0, sent: 0 } // of the stream
  let faults = 0

  const look = () => {
    const facts = player.stream?.facts() ?? {}
    const now = { site: facts.meter?.site ?? facts.loaded ?? 0, peers: facts.meter?.peers ?? 0, sent: facts.meter?.sent ?? 0 }
    if (stream !== player.stream) seen = { site: 0, peers: 0, sent: 0 }
    stream = player.stream
    for (const k of ['site', 'peers', 'sent'] as const) open[k] += now[k] - seen[k]
    seen = now
    open.errors += player.faults - faults
    faults = player.faults
    return facts
  }

  const report = () => {
    const facts = look()
    if (!played || !first && Object.values(open).every(n => n === 0)) return
    const { meter } = facts
    const said = { open, first, startup }
    const height = Math.min(video.videoWidth, video.videoHeight)
    open = nothing()
    if (said.open.peers < 0) { // more was thrown away than came
      open.peers = said.open.peers
      said.open.peers = 0
    }
    first = false
    startup = undefined
    const body = {
      videoId: player.config.id,
      playerMode: player.stream?.kind === 'MP4' ? 'web-video' : 'p2p-media-loader',
      ...(height && { resolution: height }),
      ...(facts.fps && { fps: Math.round(facts.fps) }),
      p2pEnabled: !!meter,
      ...(meter && { p2pPeers: meter.connected }),
      resolutionChanges: said.open.changes,
      errors: said.open.errors,
      bufferStalled: said.open.stalls,
      downloadedBytesP2P: said.open.peers,
      downloadedBytesHTTP: said.open.site,
      uploadedBytesP2P: said.open.sent,
      firstReport: said.first,
      ...(said.startup !== undefined && { startupTime: Math.round(said.startup) })
    }
    // What does not arrive is said with the next one.
    const again = () => {
      for (const k of Object.keys(open) as (keyof Counts)[]) open[k] += said.open[k]
      first ||= said.first
      startup ??= said.startup
    }
    // It arrives though the page is left meanwhile. Leaving breaks off the
    // waiting for an answer, before the page hears that it is left: only a
    // page that is still there afterwards knows that something went wrong.
    fetch(to.url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), credentials: 'omit', keepalive: true })
      .then(r => { if (r.status === 429 || r.status >= 500) again() }, () => setTimeout(again))
  }

  on(video, 'play', () => { wished ||= performance.now() })
  on(video, 'pause', () => { if (!played) wished = 0 })
  on(video, 'seeking', () => { sought = true })
  on(video, 'playing', () => {
    if (!played) startup = performance.now() - wished
    played = true
    sought = false
  })
  on(video, 'waiting', () => { if (played && !sought && !video.seeking && !video.paused && !video.ended) open.stalls++ })
  on(video, 'resize', () => {
    if (sized) open.changes++
    sized ||= video.videoWidth > 0
  })
  const timer = setInterval(report, to.every)
  on(window, 'pagehide', report)
  on(document, 'visibilitychange', () => { if (document.visibilityState === 'hidden') report() })
  return () => {
    report()
    clearInterval(timer)
    over.abort()
  }
}
