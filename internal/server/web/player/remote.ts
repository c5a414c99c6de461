// The same video on another device: AirPlay by WebKit's own way, Chromecast and
// others by the Remote Playback API. What we feed by Media Source Extensions
// cannot leave the page, so a stream is opened that can.
//
// icons: cast
import type { Player } from './controls'
import { textButton } from './dom'

interface AirPlay extends HTMLVideoElement { webkitShowPlaybackTargetPicker?: () => void }

export class Remote {
  readonly button: HTMLButtonElement
  /** The same in the settings, where the bar has no room for it. */
  readonly entry: HTMLButtonElement

  constructor (private readonly player: Player) {
    this.button = player.icons.button('cast', player.words.remote!, () => void this.pick())
    this.button.classList.add('player-wide')
    this.entry = textButton(player.words.remote!, () => void this.pick(), 'player-narrow')
    this.offer(false)
    const video = player.video as AirPlay
    if (video.webkitShowPlaybackTargetPicker) this.watchAirPlay(video)
    else if (video.remote) void this.watchRemote()
  }

  private offer (there: boolean) { this.button.hidden = this.entry.hidden = !there }

  private watchAirPlay (video: AirPlay) {
    video.addEventListener('webkitplaybacktargetavailabilitychanged', e => {
      this.offer((e as Event & { availability?: string }).availability === 'available')
    })
  }

  /** Devices are looked for with a file that they could play. */
  private async watchRemote () {
    const { files, hls, token } = this.player.config
    const url = files?.[0]?.url ?? hls
    if (!url || token) return // a device has no right to see it
    const probe = document.createElement('video')
    probe.preload = 'none'
    probe.src = url
    try {
      await probe.remote.watchAvailability(available => this.offer(available))
    } catch { /* the browser looks only when asked: nothing is offered */ }
  }

  private async pick () {
    const { player } = this
    const video = player.video as AirPlay
    try {
      if (player.stream?.kind === 'hls.js') {
        player.config.start = Math.floor(video.currentTime)
        await player.load(true)
      }
      if (video.webkitShowPlaybackTargetPicker) video.webkitShowPlaybackTargetPicker()
      else await video.remote.prompt()
    } catch (e) {
      if ((e as Error).name !== 'NotAllowedError') player.flash(player.words.remote_failed!)
    }
  }
}
