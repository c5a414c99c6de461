// Pieces of a stream from mirrors: other sites that keep the files of a video. They spare the site
// bytes and must never cost a viewer time: one is only asked while enough is there to fetch the piece
// from the site afterwards, and the first that fails or is slow is asked no more. Anybody may be a
// mirror, so what they send is only taken when its SHA-256 is the right one.
//
// Without sharing between viewers none of this is loaded: who does not want others to know what they
// watch asks nobody but the site.
import { fileOf, type Hashes, type Meter, type Range } from './p2p'

/** So many seconds of what plays must be there before a mirror is asked. */
const AHEAD = 10
/** The library breaks off after 3 seconds without a byte: then the site’s turn would be lost. */
const SILENCE = 2500 // ms
/** Half of AHEAD is the site’s, however long segments are; what is shorter says little of a mirror. */
const LONGEST = 5000, SHORTEST = 2000 // ms

/** What fetches one segment, of p2p-media-loader; see web/mended.mjs. */
export interface Fetching {
  request: { segment: { startTime: number, endTime: number }, data: ArrayBuffer, clearLoadedBytes (): void }
  requestControls: { addLoadedChunk (chunk: Uint8Array): void }
}

export class Mirrors {
  private readonly missing = new Set<string>()
  constructor (private good: string[], private readonly hashes: Hashes, private readonly meter: Meter) {}

  /** Fetches a segment from a mirror, and reports whether it did: otherwise it has to come from the site,
   * which is one of those that are chosen from. */
  async fetch (by: Fetching, url: string, range: Range, signal: AbortSignal, video: HTMLMediaElement | null): Promise<boolean> {
    if (!range || !this.hashes.known(url, range) || !video || ahead(video) < AHEAD) return false
    const file = fileOf(url)
    const some = this.good.filter(m => !this.missing.has(m + file))
    const mirror = some[Math.floor(Math.random() * (some.length + 1))]
    if (!mirror) return false
    const { startTime, endTime } = by.request.segment
    const time = Math.min(LONGEST, Math.max(SHORTEST, (endTime - startTime) * 1000 / video.playbackRate))
    // Nothing is kept of what was not checked: whoever is asked next would go on with it.
    const over = new AbortController()
    const unwanted = () => {
      by.request.clearLoadedBytes()
      over.abort()
    }
    signal.addEventListener('abort', unwanted)
    const answer = await get(mirror + file, range, over, time, bytes => by.requestControls.addLoadedChunk(bytes))
    const right = answer === 'whole' && await this.hashes.right(url, range, by.request.data)
    if (signal.aborted) return false // which says nothing of the mirror
    if (right) {
      this.meter.mirrors += range.end - range.start + 1
      this.meter.onChange()
      return true
    }
    signal.removeEventListener('abort', unwanted)
    unwanted()
    if (answer === 'missing') this.missing.add(mirror + file)
    else this.good = this.good.filter(m => m !== mirror)
    return false
  }
}

/** Gets a part of a file, no byte more and in no more time, and hands on what comes. */
async function get (url: string, range: NonNullable<Range>, over: AbortController, time: number, came: (bytes: Uint8Array) => void) {
  const end = () => over.abort()
  const all = setTimeout(end, time)
  let silence = setTimeout(end, SILENCE)
  try {
    // Mirrors are told as little as can be of who watches and where.
    const answer = await fetch(url, { headers: { Range: `bytes=${range.start}-${range.end}` }, signal: over.signal, credentials: 'omit', referrerPolicy: 'no-referrer' })
    if (answer.status === 404 || answer.status === 410) return 'missing'
    if (answer.status !== 206) return 'wrong'
    let left = range.end - range.start + 1
    for (const reader = answer.body!.getReader(); ;) {
      const { value } = await reader.read()
      if (!value) return left ? 'wrong' : 'whole'
      clearTimeout(silence)
      silence = setTimeout(end, SILENCE)
      left -= value.byteLength
      if (left < 0) return 'wrong'
      came(value)
    }
  } catch {
    return 'wrong'
  } finally {
    clearTimeout(all)
    clearTimeout(silence)
  }
}

/** How many seconds there is something to play. */
function ahead ({ buffered, currentTime, playbackRate }: HTMLMediaElement) {
  let end = currentTime
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= end) end = Math.max(end, buffered.end(i))
  }
  return (end - currentTime) / playbackRate
}
