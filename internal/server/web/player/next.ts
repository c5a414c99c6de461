// What comes after the end: the next of the playlist or the first of the other
// videos, after a countdown that can be stopped.
//
// The page says what there is: a playlist (see playlist.ts), or other videos in
// .watch-others, their links in h3 (the first counts).
import type { Player } from './controls'
import { checkbox, element, fill, textButton } from './dom'
import { keep, kept, once } from './memory'
import { mixedBy, neighbour, targetOf, type Target } from './playlist'

const SECONDS = 10
const SECONDS_IN_PLAYLIST = 4

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
    this.now = textButton(words.next_now!, () => void this.go(), 'button main')
    this.element.append(this.words, this.picture, this.title, this.now, textButton(words.cancel!, () => {
      this.cancel()
      this.player.root.focus()
    }))
    const ended = () => { if (this.on && !player.video.loop) void this.count() }
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
    for (const b of [previous, following]) b.classList.add('player-step')
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

  async go () { this.open(await this.target(1)) }
  async back () { if (this.list) this.open(await this.target(-1)) }

  cancel () {
    clearInterval(this.timer)
    this.element.hidden = true
  }

  private async count () {
    const to = await this.target(1)
    const { player } = this
    if (!to || !player.video.paused) return // it was begun again meanwhile
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
      if (left <= 0) this.open(to)
    }, 1000)
  }

  private open (to?: Target) {
    if (!to) return
    this.cancel()
    if (!this.player.root.dispatchEvent(new CustomEvent('player-open', { detail: { url: to.url }, bubbles: true, cancelable: true }))) return
    once('play')
    location.assign(to.url)
  }

  private async target (by: 1 | -1): Promise<Target | undefined> {
    if (this.list) {
      // A mixed order stays the same, so that everything comes once and one can go back.
      return neighbour(this.list, by, { loop: kept('playlist-loop') === 'true', seed: mixedBy(this.list) })
    }
    const link = document.querySelector<HTMLAnchorElement>('.watch-others h3 a')
    return by > 0 && link ? targetOf(link, link.closest('.card')) : undefined
  }
}
