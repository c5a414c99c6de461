// Facts about what is played, for the curious and for reports of faults.
import type { Player } from './controls'
import { element, fill } from './dom'

const EVERY = 1000 // ms

export class Stats {
  readonly element = element('div', 'player-stats')
  private readonly list = element('dl')
  private timer = 0
  private last = { at: 0, peers: 0, sent: 0 } // what had come from viewers and gone to them, and when

  constructor (private readonly player: Player) {
    this.element.hidden = true
    this.element.role = 'group'
    this.element.ariaLabel = player.words.stats!
    this.element.append(player.icons.button('x', player.words.close!, () => this.toggle()), this.list)
  }

  toggle () {
    this.element.hidden = !this.element.hidden
    clearInterval(this.timer)
    if (this.element.hidden) return
    this.draw()
    this.timer = window.setInterval(() => this.draw(), EVERY)
  }

  private draw () {
    const { words: w } = this.player
    this.list.replaceChildren(...this.facts().flatMap(([what, value]) => {
      const fact = element('dd', '', value)
      fact.dir = 'ltr'
      return value ? [element('dt', '', w[`stats_${what}`]), fact] : []
    }))
  }

  private facts (): [string, string][] {
    const { video, stream, config, root, words: w } = this.player
    const pictures = video.getVideoPlaybackQuality()
    const { bandwidth, codecs, meter } = stream?.facts() ?? {}
    const now = { at: performance.now(), peers: meter?.peers ?? 0, sent: meter?.sent ?? 0 }
    const before = this.last
    this.last = now
    const speed = (of: 'peers' | 'sent') => {
      const passed = (now.at - before.at) / 1000
      // What was asked for long ago says nothing of now.
      const n = passed > 0.2 && passed < 5 ? Math.max(0, now[of] - before[of]) / passed : 0
      return ` · ${(n * 8 / 1e6).toFixed(1)} Mbit/s`
    }
    let ahead = 0
    for (let i = 0; i < video.buffered.length; i++) {
      if (video.buffered.start(i) <= video.currentTime) ahead = Math.max(ahead, video.buffered.end(i) - video.currentTime)
    }
    return [
      ['video', config.id ?? ''],
      ['stream', stream?.kind ?? ''],
      ['picture', video.videoWidth ? `${video.videoWidth}×${video.videoHeight}` : ''],
      ['window', `${root.clientWidth}×${root.clientHeight} ×${devicePixelRatio}`],
      ['codecs', codecs ?? ''],
      ['dropped', fill(w.stats_of!, { n: pictures.droppedVideoFrames, all: pictures.totalVideoFrames })],
      ['buffer', `${ahead.toFixed(1)} s`],
      ['speed', bandwidth ? `${(bandwidth / 1e6).toFixed(1)} Mbit/s` : ''],
      ['volume', `${Math.round(video.volume * 100)} %${video.muted ? ', 0' : ''}`],
      ['rate', `${video.playbackRate}×`],
      ['site', meter ? bytes(meter.site) : ''],
      ['mirrors', meter && config.sharing?.mirrors ? bytes(meter.mirrors) : ''],
      ['peers', meter ? bytes(meter.peers) + speed('peers') : ''],
      ['sent', meter ? bytes(meter.sent) + speed('sent') : ''],
      ['connected', meter ? String(meter.connected) : '']
    ]
  }
}

function bytes (n: number) { return `${(n / 2 ** 20).toFixed(1)} MiB` }
