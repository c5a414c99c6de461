// The embed once it plays: it builds the player and, for playlists, passwords
// and warnings, puts what the server answers in the place of what was there, so
// that the page around keeps its line to the same frame.
import { Player, type Config, type Words } from '../player/controls'
import { neighbour } from '../player/playlist'
import { watching } from '../player/pings'
import { reporting } from '../player/reports'
import { API } from './api'
import type { Options } from './options'

/** What the server said of the embed that is shown. */
const options = () => JSON.parse(document.getElementById('embed-config')!.textContent!) as Options

let player: Player | undefined
let building: Promise<Player | undefined> | undefined
let stopWatching = () => {}
const first = options()
const api = first.api && parent !== window
  ? new API(first.scope!, {
      player: () => player,
      built: () => building ?? Promise.resolve(player),
      position: () => options().position ?? -1,
      go: by => step(by),
      unlock: password => unlock(password, !!first.play)
    })
  : undefined

/** Begins without being asked to: the page around wants the player. */
export async function begin () {
  await build()
}

/** Somebody wants to watch. */
export async function play () {
  const made = await build()
  made?.play()
  made?.root.focus({ preventScroll: true })
}

/** Builds the player of what is shown, once; undefined when nothing is. */
function build () {
  return building ??= make().catch(e => {
    building = undefined
    document.getElementById('embed')!.classList.remove('loading')
    throw e
  })
}

async function make () {
  const root = document.getElementById('player')
  const data = document.getElementById('player-config')
  if (!root || !data) return undefined
  const embed = document.getElementById('embed')!
  embed.classList.add('loading')
  const config = JSON.parse(data.textContent!) as Config
  // What brings the stream comes at the same time; stream.ts takes it from there.
  if (config.hls && config.mode !== 'web-video') (config.split ? import('hls.js') : import('hls.js/light')).catch(() => {})
  const [words] = await Promise.all([fetch(config.words).then(r => r.json() as Promise<Words>), style(options().style), icons(config)])
  const made = player = new Player(root, config, words)
  const ends = [config.watching && watching(made.video, config, config.watching), config.report && reporting(made, config.report)]
  stopWatching = () => { for (const end of ends) end?.() }
  await made.open()
  const cover = document.querySelector('.embed-play')
  // Without controls it is the only button there is, so it stays until it did its work.
  if (config.noControls) made.video.addEventListener('playing', () => cover?.remove(), { once: true })
  else cover?.remove()
  embed.classList.remove('loading')
  root.addEventListener('player-open', e => {
    e.preventDefault()
    void go((e as CustomEvent<{ url: string }>).detail.url, true)
  })
  api?.attach(made)
  return made
}

/** Loads the styles of the player, once. */
function style (url: string) {
  return new Promise<void>(done => {
    if (document.querySelector(`link[href="${CSS.escape(url)}"]`)) return done()
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = url
    link.onload = link.onerror = () => done()
    document.head.append(link)
  })
}

/** A frame that was given no origin may not use the icons of another document:
 * they are put into this one. */
async function icons (config: Config) {
  if (origin !== 'null') return
  const id = 'embed-icons'
  if (!document.getElementById(id)) {
    const answer = await fetch(config.icons)
    const sprite = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml').documentElement
    sprite.id = id
    sprite.setAttribute('hidden', '')
    document.body.append(document.adoptNode(sprite))
  }
  config.icons = ''
}

/** Shows what the server answers for another address of this embed. */
export async function go (url: string, starts: boolean, headers: Record<string, string> = {}) {
  const u = new URL(url, location.href)
  if (u.origin !== new URL(document.baseURI).origin) throw new Error(options().failed)
  // A frame that began as nobody's stays so.
  const answer = await fetch(u, { headers: { ...headers, 'X-Embedded-In': document.referrer }, credentials: first.own ? 'same-origin' : 'omit' }).catch(() => undefined)
  const page = answer && new DOMParser().parseFromString(await answer.text(), 'text/html')
  const next = page?.getElementById('embed')
  if (!next) throw new Error(options().failed)
  if (headers[PASSWORD] !== undefined && next.querySelector('.embed-password')) throw new Error(options().wrong)
  leave()
  document.getElementById('embed')!.replaceWith(document.adoptNode(next))
  document.title = page!.title
  const made = await build()
  if (starts) made?.play()
  made?.root.focus({ preventScroll: true })
}

function leave () {
  stopWatching()
  stopWatching = () => {}
  player?.stream?.stop()
  if (player) {
    player.video.pause()
    player.video.removeAttribute('src')
    player.video.load()
  }
  player = building = undefined
}

/** To the element before or after, in the order of the playlist. */
async function step (by: 1 | -1) {
  const list = document.querySelector<HTMLElement>('[data-playlist]')
  const to = list && await neighbour(list, by)
  if (to) await go(to.url, true)
}

const PASSWORD = 'X-Peertube-Video-Password'

/** Opens a video with its password, which is in memory only. */
export async function unlock (password: string, starts: boolean) {
  if (!document.querySelector('.embed-password')) return
  await go(location.href, starts, { [PASSWORD]: password })
}

// Links to the video's page lead to where it is now, and it stops here.
document.addEventListener('click', e => {
  const link = (e.target as Element).closest<HTMLAnchorElement>('a[data-watch]')
  if (!link || !player?.video.currentTime) return
  const u = new URL(link.href)
  u.searchParams.set('start', `${Math.floor(player.video.currentTime)}s`)
  link.href = u.href
  player.video.pause()
})
