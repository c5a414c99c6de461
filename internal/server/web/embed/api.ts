// What a page around the embed may ask of it: the messages of PeerTube's
// @peertube/embed-api, which are those of jschannel over postMessage.
//
// A message is a JSON text. A request has an id and a method "scope::name", its
// answer the id with a result, or with an error and a message; a notification
// has a method and no id. Either side begins with __ready of type
// publish-request, the other answers publish-reply, and waits with what it has
// to say until then.
//
// Only the page around is listened to.
import { SPEEDS, type Player } from '../player/controls'
import { AUTO, SOUND } from '../player/stream'

/** What the API needs of the embed. */
export interface Embed {
  player (): Player | undefined
  /** The player once it is built, while one is being built. */
  built (): Promise<Player | undefined>
  /** The place in the playlist from 1, or -1. */
  position (): number
  go (by: 1 | -1): Promise<void>
  unlock (password: string): Promise<void>
}

type State = 'unstarted' | 'playing' | 'paused' | 'ended'
type Method = (param: unknown) => unknown

const LONGEST = 10_000 // characters of a message
const EVERY = 500 // ms between two reports

/** One line to the page around. */
class Channel {
  private open = false
  private waiting: object[] = []
  private origin = '*'

  constructor (private readonly scope: string, private readonly methods: Record<string, Method>) {
    addEventListener('message', e => void this.hear(e))
    this.post({ method: this.name('__ready'), params: { type: 'publish-request', publish: [] } })
  }

  notify (name: string, params?: unknown) { this.send({ method: this.name(name), params }) }

  private name (method: string) { return `${this.scope}::${method}` }

  private send (message: object) {
    if (this.open) this.post(message)
    else this.waiting.push(message)
  }

  private post (message: object) { parent.postMessage(JSON.stringify(message), this.origin) }

  private async hear (e: MessageEvent) {
    if (e.source !== parent || typeof e.data !== 'string' || e.data.length > LONGEST) return
    const m = parse(e.data)
    if (!m || typeof m.method !== 'string' || !m.method.startsWith(this.name(''))) return
    // What is said from now on is for this page only; some have no origin.
    if (e.origin !== 'null') this.origin = e.origin
    const name = m.method.slice(this.name('').length)
    if (name === '__ready') return this.ready(m.params)
    if (typeof m.id !== 'number' && typeof m.id !== 'string') return
    await this.answer(m.id, name, m.params)
  }

  private ready (params: unknown) {
    if ((params as { type?: string } | undefined)?.type === 'publish-request') {
      this.post({ method: this.name('__ready'), params: { type: 'publish-reply', publish: [] } })
    }
    this.open = true
    for (const m of this.waiting.splice(0)) this.post(m)
  }

  private async answer (id: number | string, name: string, params: unknown) {
    if (!Object.hasOwn(this.methods, name)) {
      return this.send({ id, error: 'method_not_found', message: `No method '${name}' was (yet) bound by the provider` })
    }
    try {
      const result = await this.methods[name]!(params)
      this.send({ id, result })
    } catch (e) {
      this.send({ id, error: 'runtime_error', message: e instanceof Error ? e.message : String(e) })
    }
  }
}

function parse (text: string): Record<string, unknown> | undefined {
  try {
    const m: unknown = JSON.parse(text)
    return typeof m === 'object' && m ? m as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

/** The API of an embed, whichever of its videos is shown. */
export class API {
  private readonly channel: Channel
  private state: State = 'unstarted'
  private ready = false
  private timer = 0

  constructor (scope: string, private readonly embed: Embed) {
    this.channel = new Channel(scope, this.methods())
  }

  /** Tells what happens to a player that was built. */
  attach (player: Player) {
    const { video, root } = player
    const is = (state: State) => this.become(state, player)
    this.state = 'unstarted'
    video.addEventListener('play', () => is('playing'))
    video.addEventListener('pause', () => { if (!video.ended) is('paused') })
    video.addEventListener('ended', () => is('ended'))
    video.addEventListener('volumechange', () => { if (this.current(player)) this.channel.notify('volumeChange', volume(video)) })
    root.addEventListener('player-qualities', () => { if (this.current(player)) this.channel.notify('resolutionUpdate', resolutions(player)) })
    clearInterval(this.timer)
    this.timer = window.setInterval(() => this.report(player), EVERY)
    this.ready = true
    this.channel.notify('ready', true)
    this.channel.notify('resolutionUpdate', resolutions(player))
  }

  private current (player: Player) { return this.embed.player() === player }

  private become (state: State, player: Player) {
    if (!this.current(player) || state === this.state) return
    this.state = state
    this.channel.notify('playbackStatusChange', state)
    if (state === 'playing') this.channel.notify('play')
    if (state === 'paused') this.channel.notify('pause')
  }

  private report (player: Player) {
    if (!this.current(player)) return
    const { video } = player
    this.channel.notify('playbackStatusUpdate', {
      position: video.currentTime, volume: volume(video), duration: player.duration(), playbackState: this.state
    })
  }

  private methods (): Record<string, Method> {
    const on = <T>(act: (player: Player, param: unknown) => T) => async (param: unknown) => {
      const player = await this.embed.built()
      if (!player) throw new Error('There is no video yet')
      return act(player, param)
    }
    return {
      isReady: () => this.ready,
      play: on(p => p.play()),
      pause: on(p => p.video.pause()),
      isPlaying: on(p => p.playing),
      seek: on((p, at) => p.seekTo(number(at, 0, Number.MAX_SAFE_INTEGER))),
      getCurrentTime: on(p => p.video.currentTime),
      setVolume: on((p, to) => setVolume(p.video, number(to, 0, 1))),
      getVolume: on(p => volume(p.video)),
      setResolution: on((p, id) => setResolution(p, number(id, AUTO, Number.MAX_SAFE_INTEGER))),
      getResolutions: on(resolutions),
      getCaptions: on(captions),
      setCaption: on((p, id) => p.captions.show(p.captions.tracks.some(t => t.language === id) ? id as string : '', false)),
      getPlaybackRates: () => SPEEDS,
      getPlaybackRate: on(p => p.video.playbackRate),
      setPlaybackRate: on((p, rate) => { p.video.playbackRate = number(rate, SPEEDS[0]!, SPEEDS.at(-1)!) }),
      playNextVideo: () => this.embed.go(1),
      playPreviousVideo: () => this.embed.go(-1),
      getCurrentPosition: () => this.embed.position(),
      setVideoPassword: password => this.embed.unlock(String(password)),
      getImageDataUrl: on(picture)
    }
  }
}

/** A number between bounds; anything else is refused. */
function number (param: unknown, least: number, most: number) {
  const n = typeof param === 'string' && param.trim() ? Number(param) : param
  if (typeof n !== 'number' || !Number.isFinite(n)) throw new Error('A number is wanted')
  return Math.max(least, Math.min(most, n))
}

function volume (video: HTMLVideoElement) { return video.muted ? 0 : video.volume }

function setVolume (video: HTMLVideoElement, to: number) {
  video.volume = to
  video.muted = to === 0
}

function resolutions (player: Player) {
  const { stream, words } = player
  const chosen = stream?.chosen() ?? AUTO
  const list = (stream?.qualities() ?? []).map(q => ({
    id: q.id, label: q.label || words.audio!, height: q.id === SOUND ? 0 : parseInt(q.label, 10) || 0, active: q.id === chosen
  }))
  if (stream?.kind === 'MP4') return list
  return [...list, { id: AUTO, label: words.auto!, height: player.video.videoHeight, active: chosen === AUTO }]
}

function setResolution (player: Player, id: number) {
  if (!resolutions(player).some(r => r.id === id)) throw new Error('There is no such resolution')
  player.stream!.choose(id)
  player.root.dispatchEvent(new CustomEvent('player-qualities'))
}

function captions (player: Player) {
  const elements = [...player.video.querySelectorAll('track')]
  return player.captions.tracks.map(t => ({
    id: t.language, label: t.label, src: elements.find(e => e.track === t)?.src ?? '', mode: t.language === player.captions.shown ? 'showing' : 'disabled'
  }))
}

/** The picture that is shown, as PNG. */
function picture ({ video }: Player) {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  if (!canvas.width) throw new Error('There is no picture yet')
  canvas.getContext('2d')!.drawImage(video, 0, 0)
  return canvas.toDataURL('image/png')
}
