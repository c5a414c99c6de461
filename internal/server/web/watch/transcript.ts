// The transcript: what is said, line by line, to read, to search and to jump
// by. Its text is that of the captions, which the browser reads for us.
import { fill, clock } from '../player/dom'
import { kept } from '../player/memory'
import { bringIntoSight, markCurrent, onTime } from './chapters'

const panel = document.querySelector<HTMLDetailsElement>('#transcript')
if (panel) transcript(panel)

interface Line { start: number, text: string, folded: string, item: HTMLElement, words: HTMLElement }

function transcript (panel: HTMLDetailsElement) {
  const list = document.getElementById('transcript-lines')!
  const search = document.getElementById('transcript-search') as HTMLInputElement
  const language = document.getElementById('transcript-language') as HTMLSelectElement
  const follow = document.getElementById('transcript-follow') as HTMLInputElement
  const found = document.getElementById('transcript-found')!
  const video = document.querySelector<HTMLVideoElement>('#player video')
  let lines: Line[] = []
  let shown = ''

  const wanted = [new URLSearchParams(location.search).get('subtitle'), kept('captions'), kept('captions-last'), document.documentElement.lang.split('-')[0]]
    .find(l => l && [...language.options].some(o => o.value === l))
  if (wanted) language.value = wanted

  panel.addEventListener('toggle', () => { if (panel.open) void open() })
  language.addEventListener('change', () => void open())
  search.addEventListener('input', () => seek())
  search.addEventListener('keydown', e => {
    if (e.key !== 'Enter') return
    e.preventDefault()
    list.querySelector<HTMLElement>('li:not([hidden]) a')?.focus()
  })
  list.addEventListener('keydown', e => {
    const by = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[e.key] as 'nextElementSibling' | undefined
    if (!by) return
    let item = (document.activeElement as Element).closest('li')?.[by]
    while (item instanceof HTMLElement && item.hidden) item = item[by]
    e.preventDefault()
    e.stopPropagation()
    item?.querySelector('a')?.focus()
  })
  onTime(now => {
    if (!panel.open || !lines.length) return
    const line = lines.findLast(l => l.start <= now + 0.1)
    markCurrent(list, line?.item, follow.checked && !search.value && !list.matches(':focus-within'))
  })
  if (panel.open) void open()

  async function open () {
    if (shown === language.value) return
    shown = language.value
    const cues = await cuesOf(video, shown)
    if (shown !== language.value) return
    list.lang = shown
    lines = cues.map(lineOf)
    list.replaceChildren(...lines.map(l => l.item))
    seek()
    const now = lines.findLast(l => l.start <= (video?.currentTime ?? 0))
    if (now) {
      markCurrent(list, now.item, false)
      bringIntoSight(list, now.item)
    }
  }

  /** Shows the lines that hold what is searched for, with it marked. */
  function seek () {
    const text = fold(search.value.trim())
    let n = 0
    for (const l of lines) {
      const places = text ? placesOf(l.folded, text) : []
      n += places.length
      l.item.hidden = !!text && !places.length
      mark(l, places, text.length)
    }
    found.classList.toggle('hidden', !text)
    found.textContent = text ? n ? fill(found.dataset.some!, { n }) : found.dataset.none! : ''
  }
}

function lineOf (cue: VTTCue): Line {
  const item = document.createElement('li')
  const link = document.createElement('a')
  const time = document.createElement('span')
  const words = document.createElement('span')
  link.href = `?start=${Math.floor(cue.startTime)}s`
  link.dataset.seek = String(cue.startTime)
  time.className = 'time'
  time.textContent = clock(cue.startTime)
  words.dir = 'auto'
  words.textContent = cue.getCueAsHTML().textContent!.replace(/\s+/g, ' ').trim()
  link.append(time, words)
  item.append(link)
  return { start: cue.startTime, text: words.textContent, folded: fold(words.textContent), item, words }
}

/** Letters without case and accents, one for one: places in the folded text are
 * places in the text. */
function fold (s: string) {
  return [...s].map(c => {
    const f = c.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
    return f.length === c.length ? f : c
  }).join('')
}

function placesOf (text: string, part: string) {
  const places: number[] = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) places.push(at)
  return places
}

function mark (l: Line, places: number[], length: number) {
  if (!places.length && !l.words.firstElementChild) return
  const parts: (string | Node)[] = []
  let from = 0
  for (const at of places) {
    const m = document.createElement('mark')
    m.textContent = l.text.slice(at, at + length)
    parts.push(l.text.slice(from, at), m)
    from = at + length
  }
  l.words.replaceChildren(...parts, l.text.slice(from))
}

/** The cues of a language. A track that nobody shows is read for us, hidden. */
function cuesOf (video: HTMLVideoElement | null, language: string): Promise<VTTCue[]> {
  return new Promise(done => {
    const element = video?.querySelector<HTMLTrackElement>(`track[srclang="${CSS.escape(language)}"]`)
    if (!element) return done([])
    const { track } = element
    const take = () => done([...track.cues ?? []] as VTTCue[])
    if (element.readyState === HTMLTrackElement.LOADED) return take()
    element.addEventListener('load', take, { once: true })
    element.addEventListener('error', () => done([]), { once: true })
    if (track.mode === 'disabled') track.mode = 'hidden'
  })
}
