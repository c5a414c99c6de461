// What both pages of uploads say, in the reader's language.
import type { TransferError } from './transfer'

export class Texts {
  constructor (private readonly words: Record<string, string>) {}

  word (name: string) { return this.words[name] ?? name }

  progress (sent: number, total: number, speed: number) {
    return this.word('progress')
      .replace('{sent}', this.size(sent)).replace('{size}', this.size(total))
      .replace('{speed}', this.size(speed)).replace('{left}', this.left((total - sent) / Math.max(speed, 1)))
  }

  failure (e: TransferError) {
    return e.status === 401 ? this.word('logged_out') : this.word('failed').replace('{reason}', e.message || String(e.status))
  }

  /** A size with the units that the pages use, rounded down like theirs. */
  size (bytes: number) {
    const units = ['bytes', 'kib', 'mib', 'gib', 'tib']
    let n = 0
    while (bytes >= 1024 && n < units.length - 1) { bytes /= 1024; n++ }
    const shown = bytes >= 10 ? Math.floor(bytes) : Math.floor(bytes * 10) / 10
    return this.word(units[n]).replace('{x}', new Intl.NumberFormat(document.documentElement.lang, { numberingSystem: 'latn' }).format(shown))
  }

  private left (seconds: number) {
    const [n, key] = seconds < 90 ? [seconds, 'seconds'] : seconds < 5400 ? [seconds / 60, 'minutes'] : [seconds / 3600, 'hours']
    return this.word(key).replace('{n}', String(Math.max(1, Math.round(n))))
  }
}
