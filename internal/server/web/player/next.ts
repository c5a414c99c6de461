// What comes after the end: the next of the playlist or the first of the other
// videos, after a countdown that can be stopped.
//
// The page says what there is: a playlist is a list with data-playlist whose
// items have data-position and a link, the current one aria-current; other
// videos are in .watch-others, their links in h3 (the first counts).
import type { Player } from './controls'
import { checkbox, element, fill, textButton } from './dom'
import { keep, kept, once } from './memory'

const SECONDS = 10
const SECONDS_IN_PLAYLIST = 4

interface Target { url: string, title: string, picture?: string }

export class Next {
  readonly element = element('div', 'player-next')
  private readonly list = document.querySelector<HTMLElement>('[data-playlist]')
  private readonly words = element('p')
  private readonly title = element('p', 'player-next-title')
  private readonly picture = element('img')
  private readonly now: HTMLButtonElement
  private on: boolean
  private timer = 0

  constructor (private readonly player: Player) {
    const { config, words } = player
    const before = config.account ? null : kept(this.setting)
    this.on = before === null ? !!config.autoplayNext : before === 'true'
    this.element.hidden = true
    this.element.role = 'group'
    this.title.dir = 'auto'
    this.picture.alt = ''
    this.now = textButton(words.next_now!, () => this.go(), 'button main')
    this.element.append(this.words, this.picture, this.title, this.now, textButton(words.cancel!, () => {
      this.cancel()
      this.player.root.focus()
    }))
    const ended = () => { if (this.on && !player.video.loop) this.count() }
    player.video.addEventListener('ended', ended)
    if (this.list) player.root.addEventListener('player-stopped', ended)
  }

  private get setting () { return this.list ? 'next-playlist' : 'next' }

  /** The buttons beside play, in playlists only. */
  buttons () {
    const { icons, words } = this.player
    const previous = icons.button('skip-back', words.previous!, () => this.back())
    const following = icons.button('skip-forward', words.next!, () => this.go())
    previous.hidden = following.hidden = !this.list
    return { previous, following }
  }

  /** The box that turns playing on by itself on and off. */
  choice () {
    if (this.player.config.embed && !this.list) return undefined
    const { words, config } = this.player
    return checkbox(this.list ? words.autoplay_playlist! : words.autoplay_next!, this.on, on => {
      this.on = on
      if (config.account) void this.tellAccount(on)
      else keep(this.setting, String(on))
    }).label
  }

  private async tellAccount (on: boolean) {
    await fetch('/api/v1/users/me', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ [this.list ? 'autoPlayNextVideoPlaylist' : 'autoPlayNextVideo']: on })
    }).catch(() => {})
  }

  go () { this.open(this.target(1)) }
  back () { if (this.list) this.open(this.target(-1)) }

  cancel () {
    clearInterval(this.timer)
    this.element.hidden = true
  }

  private count () {
    const to = this.target(1)
    if (!to) return
    const { player } = this
    let left = this.list ? SECONDS_IN_PLAYLIST : SECONDS
    const say = () => { this.words.textContent = fill(player.words.next_in!, { n: left }) }
    this.title.textContent = to.title
    this.element.ariaLabel = to.title
    this.picture.hidden = !to.picture
    if (to.picture) this.picture.src = to.picture
    say()
    this.element.hidden = false
    player.update()
    player.flash(to.title)
    if (document.fullscreenElement === player.root || player.root.contains(document.activeElement)) this.now.focus()
    clearInterval(this.timer)
    this.timer = window.setInterval(() => {
      if (document.hidden && !this.list) return // nobody would see it
      left--
      say()
      if (left <= 0) this.go()
    }, 1000)
  }

  private open (to?: Target) {
    if (!to) return
    this.cancel()
    if (!this.player.root.dispatchEvent(new CustomEvent('player-open', { detail: { url: to.url }, bubbles: true, cancelable: true }))) return
    once('play')
    location.assign(to.url)
  }

  private target (by: 1 | -1): Target | undefined {
    if (this.list) return this.inPlaylist(by)
    const link = document.querySelector<HTMLAnchorElement>('.watch-others h3 a')
    return by > 0 && link ? targetOf(link, link.closest('.card')) : undefined
  }

  private inPlaylist (by: 1 | -1): Target | undefined {
    const all = [...this.list!.querySelectorAll<HTMLElement>('[data-position]')].filter(i => i.querySelector('a[href]'))
    const at = all.findIndex(i => i.ariaCurrent === 'true')
    const to = kept('shuffle') === 'true' && all.length > 2 ? this.shuffled(all, at, by) : all[at + by] ?? (kept('playlist-loop') === 'true' ? all.at(by > 0 ? 0 : -1) : undefined)
    const link = to?.querySelector<HTMLAnchorElement>('a[href]')
    return link ? targetOf(link, to!) : undefined
  }

  /** In a mixed order that stays the same, so that everything comes once and
   * one can go back. */
  private shuffled (all: HTMLElement[], at: number, by: 1 | -1) {
    const seed = Number(kept('shuffle-seed') ?? 1)
    const order = all.map((item, i) => ({ item, i, rank: mix(seed + Number(item.dataset.position)) })).sort((a, b) => a.rank - b.rank)
    const now = order.findIndex(o => o.i === at)
    return order[now + by]?.item ?? (kept('playlist-loop') === 'true' ? order.at(by > 0 ? 0 : -1)!.item : undefined)
  }
}

function targetOf (link: HTMLAnchorElement, around: Element | null): Target {
  return {
    url: link.href,
    title: (link.querySelector('[data-title]') ?? link).textContent!.trim(),
    picture: around?.querySelector('img')?.currentSrc || undefined
  }
}

/** A number that looks like chance, of another. */
function mix (n: number) {
  let x = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35)
  return (x ^ x >>> 16) >>> 0
}
