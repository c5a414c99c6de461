// One file on its way, by PeerTube's resumable protocol: begun with a POST,
// filled with PUTs of a part each, and asked how far it is after every
// interruption. It never gives up by itself while there is hope.

const FIRST_CHUNK = 4 << 20
const LARGEST_CHUNK = 64 << 20
const CHUNK_SECONDS = 8 // a part is as large as goes in this time
const LONGEST_PAUSE = 30_000 // ms between tries
const LONGEST_SILENCE = 60_000 // ms without a byte, after which a connection is given up
const NEW_VIDEO = '/api/v1/videos/upload-resumable'

export interface Fields { name: string, channelId: string, privacy: string, category: string, description: string }

export interface Finished { uuid: string, shortUUID: string }

export interface Events {
  progress (sent: number, bytesPerSecond: number): void
  /** All bytes are there; the server looks at them. */
  checking (): void
  offline (): void
}

/** What went wrong, and whether trying again can help. */
export class TransferError extends Error {
  constructor (message: string, readonly status: number) { super(message) }
}

export class Transfer {
  private url = ''
  private chunk = FIRST_CHUNK
  private request?: XMLHttpRequest
  private wakeUp = () => {}
  private speed = 0
  cancelled = false

  constructor (
    private readonly file: File,
    private readonly csrf: string,
    private readonly maxChunk: number,
    private readonly events: Events,
    private readonly init = NEW_VIDEO
  ) {
    addEventListener('online', () => this.wakeUp())
  }

  async run (fields?: Fields): Promise<Finished> {
    let at = await this.persist(() => this.begin(fields))
    for (;;) {
      const outcome: number | Finished = await this.persist(() => at < this.file.size ? this.send(at) : this.ask(), () => this.ask())
      if (typeof outcome !== 'number') return outcome
      at = outcome
    }
  }

  async cancel () {
    this.cancelled = true
    this.request?.abort()
    this.wakeUp()
    if (this.url) await fetch(this.url, { method: 'DELETE', headers: { 'X-CSRF-Token': this.csrf } }).catch(() => {})
  }

  /** Tries until it works, or cannot; after a failure with again, if given. */
  private async persist<T> (act: () => Promise<T>, again = act): Promise<T> {
    for (let tries = 0; ; tries++) {
      if (this.cancelled) throw new TransferError('cancelled', 0)
      try {
        return await (tries ? again : act)()
      } catch (e) {
        const err = e as TransferError
        if (this.cancelled || !hopeful(err.status) || err.status === 409 && !this.url) throw err
        if (err.status === 0) this.events.offline()
        await this.pause(Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(tries, 5)))
      }
    }
  }

  private pause (ms: number) {
    return new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      this.wakeUp = () => { clearTimeout(timer); resolve() }
    })
  }

  /** Begins, or finds the upload of the same file again. */
  private async begin (fields?: Fields): Promise<number> {
    const body: Record<string, unknown> = { filename: this.file.name, lastModified: this.file.lastModified }
    if (fields) {
      Object.assign(body, { name: fields.name, channelId: Number(fields.channelId), privacy: Number(fields.privacy), waitTranscoding: false })
      if (fields.category) body.category = Number(fields.category)
      if (fields.description.length >= 3) body.description = fields.description
    }
    const answer = await this.http('POST', this.init, JSON.stringify(body), {
      'Content-Type': 'application/json',
      'X-Upload-Content-Length': String(this.file.size),
      'X-Upload-Content-Type': this.file.type || 'application/octet-stream'
    })
    const location = answer.getResponseHeader('Location')
    if (!location) throw new TransferError(answer.statusText, answer.status)
    const there = new URL(location, window.location.href)
    this.url = this.init + there.search // the same site, whatever name it calls itself
    return received(answer)
  }

  private async send (at: number): Promise<number | Finished> {
    const end = Math.min(at + this.chunk, this.file.size)
    const started = performance.now()
    if (end === this.file.size) this.onSent = () => this.events.checking()
    const answer = await this.http('PUT', this.url, this.file.slice(at, end), {
      'Content-Type': 'application/octet-stream',
      'Content-Range': `bytes ${at}-${end - 1}/${this.file.size}`
    }, sent => this.measure(at + sent, sent, started))
    this.adapt((end - at) / ((performance.now() - started) / 1000))
    return this.outcome(answer)
  }

  private onSent = () => {}

  private async ask (): Promise<number | Finished> {
    return this.outcome(await this.http('PUT', this.url, null, { 'Content-Range': `bytes */${this.file.size}` }))
  }

  private outcome (answer: XMLHttpRequest): number | Finished {
    if (answer.status === 308) return received(answer)
    return (JSON.parse(answer.responseText) as { video?: Finished }).video ?? { uuid: '', shortUUID: '' } // none for a video that exists
  }

  private measure (at: number, sent: number, started: number) {
    const now = sent / Math.max(0.2, (performance.now() - started) / 1000)
    this.speed = this.speed ? this.speed * 0.9 + now * 0.1 : now
    this.events.progress(at, this.speed)
  }

  private adapt (bytesPerSecond: number) {
    const most = this.maxChunk || LARGEST_CHUNK
    this.chunk = Math.round(Math.max(1 << 20, Math.min(most, bytesPerSecond * CHUNK_SECONDS)))
  }

  private http (method: string, url: string, body: XMLHttpRequestBodyInit | null, headers: Record<string, string>, progress?: (sent: number) => void) {
    return new Promise<XMLHttpRequest>((resolve, reject) => {
      const x = this.request = new XMLHttpRequest()
      x.open(method, url)
      x.setRequestHeader('X-CSRF-Token', this.csrf)
      for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value)
      // A laptop that slept, a network that was changed: nobody says that the
      // connection is dead.
      let silence = 0
      const heard = () => {
        clearTimeout(silence)
        silence = window.setTimeout(() => x.abort(), LONGEST_SILENCE)
      }
      x.upload.onprogress = e => { heard(); progress?.(e.loaded) }
      x.upload.onload = () => this.onSent()
      x.onload = () => x.status < 300 || x.status === 308 ? resolve(x) : reject(new TransferError(reason(x), x.status))
      x.onerror = x.onabort = () => reject(new TransferError('', 0))
      x.onloadend = () => clearTimeout(silence)
      heard()
      x.send(body)
    })
  }
}

/** Whether trying again can help: the network, a busy server, a lock. */
function hopeful (status: number) {
  return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500 && status !== 501
}

/** How many bytes the server has, by its Range header. */
function received (x: XMLHttpRequest) {
  const range = /^bytes=0-(\d+)$/.exec(x.getResponseHeader('Range') ?? '')
  return range ? Number(range[1]) + 1 : 0
}

function reason (x: XMLHttpRequest) {
  try {
    const body = JSON.parse(x.responseText) as { detail?: string, error?: string | { message?: string } }
    const message = typeof body.error === 'object' ? body.error.message : body.error
    return body.detail ?? message ?? x.statusText
  } catch {
    return x.statusText
  }
}
