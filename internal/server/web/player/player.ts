// Finds the player of a page and, once the page is painted, loads what makes
// it more than the browser's own.
import type { Config, Player, Words } from './controls'
import { kept, take } from './memory'
import { resumed, watching } from './pings'
import { reporting } from './reports'

const root = document.getElementById('player')
const data = document.getElementById('player-config')
let player: Promise<Player> | undefined
if (root && data?.textContent) {
  const config = JSON.parse(data.textContent) as Config
  config.autoplay = starts(config)
  config.start ||= resumed(config)
  player = new Promise(done => requestAnimationFrame(() => setTimeout(() => done(build(root, config)))))
}

async function build (root: HTMLElement, config: Config) {
  const words = fetch(config.words).then(r => r.json() as Promise<Words>)
  // What brings the stream comes at the same time; stream.ts takes it from there.
  if (config.hls && config.mode !== 'web-video') (config.split ? import('hls.js') : import('hls.js/light')).catch(() => {})
  const { Player } = await import('./controls')
  const made = new Player(root, config, await words)
  if (config.watching) watching(made.video, config, config.watching)
  if (config.report) reporting(made, config.report)
  await made.open()
  return made
}

// It plays by itself when the video before went on to it, and, where that is
// wished for, when somebody came by a link of this site. A page that was opened
// from elsewhere or read again stays quiet, unless its address asks for it. An embed does what its address says.
function starts (config: Config): boolean {
  if (config.embed) return !!config.autoplay
  if (take('play')) return true
  if (config.asked !== undefined) return config.asked
  const own = kept('autoplay')
  const wished = config.account || own === null ? !!config.autoplay : own === 'true'
  const entry = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined
  return wished && entry?.type === 'navigate' && document.referrer.startsWith(location.origin + '/')
}

// Links to a place in the video: in its description, its comments, among its
// chapters.
document.addEventListener('click', e => {
  const link = (e.target as Element).closest<HTMLElement>('[data-seek]')
  if (!link || !player || !root || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  void player.then(p => {
    p.seekTo(Number(link.dataset.seek))
    p.play()
  })
  const box = root.getBoundingClientRect()
  if (box.bottom < 120 || box.top > innerHeight - 120) root.scrollIntoView({ block: 'center' })
  if (!link.closest('[data-keep-focus]')) root.focus({ preventScroll: true })
})
