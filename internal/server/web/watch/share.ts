// The share dialog: link, code for phones and code for other pages follow the
// choices. The server wrote the plain ones.
import { clock, seconds, stamp } from '../player/dom'

const box = document.querySelector<HTMLElement>('.share')
if (box) share(box)

function share (box: HTMLElement) {
  const get = <T extends HTMLElement>(id: string) => document.getElementById(id) as T | null
  const link = get<HTMLInputElement>('share-link')!
  const code = get<HTMLTextAreaElement>('share-code')
  const qr = get<HTMLImageElement>('share-qr')
  const subtitle = get<HTMLSelectElement>('share-subtitle')
  const responsive = get<HTMLInputElement>('share-responsive')
  const playlist = get<HTMLInputElement>('share-playlist')
  const video = document.querySelector<HTMLVideoElement>('#player video')

  /** A time that is ticked and can be read. */
  const time = (id: string) => {
    const on = get<HTMLInputElement>(id)!
    const field = get<HTMLInputElement>(id + '-at')!
    const at = seconds(field.value)
    field.setAttribute('aria-invalid', String(on.checked && at === undefined))
    return on.checked ? at : undefined
  }

  function draw () {
    const list = playlist?.checked ? playlist : undefined
    const u = new URL(list?.dataset.link ?? box.dataset.link!)
    const start = time('share-start')
    const stop = time('share-stop')
    if (start) u.searchParams.set('start', stamp(start))
    if (stop) u.searchParams.set('stop', stamp(stop))
    playing(u, '[data-in-link]')
    link.value = u.href
    if (qr) qr.src = (list?.dataset.qr ?? box.dataset.qr!) + u.search
    if (code) code.value = embed(start, stop)
  }

  /** Adds what is chosen otherwise than it is by itself. */
  function playing (u: URL, which = '') {
    for (const o of box.querySelectorAll<HTMLInputElement>(`[data-option]${which}`)) {
      if (o.checked !== o.hasAttribute('data-default')) u.searchParams.set(o.dataset.option!, o.checked ? '1' : '0')
    }
    if (subtitle?.value) u.searchParams.set('subtitle', subtitle.value)
  }

  function embed (start?: number, stop?: number) {
    const u = new URL((playlist?.checked && playlist.dataset.embed) || box.dataset.embed!)
    playing(u)
    if (start) u.searchParams.set('start', stamp(start))
    if (stop) u.searchParams.set('stop', stamp(stop))
    const wide = responsive?.checked
    const frame = `<iframe title="${quote(box.dataset.title!)}" ` + (wide ? 'width="100%" height="100%"' : 'width="560" height="315"') +
      ` src="${quote(u.href)}" style="border: 0px;${wide ? ' position: absolute; inset: 0px;' : ''}" allow="fullscreen" sandbox="allow-same-origin allow-scripts allow-popups allow-forms"></iframe>`
    return wide ? `<div style="position: relative; padding-top: 56.25%;">${frame}</div>` : frame
  }

  box.addEventListener('input', e => {
    // Who types a time wants it.
    const typed = /^(share-(?:start|stop))-at$/.exec((e.target as HTMLElement).id)
    if (typed) get<HTMLInputElement>(typed[1]!)!.checked = true
    draw()
  })
  box.closest('[popover]')!.addEventListener('toggle', e => {
    const start = get<HTMLInputElement>('share-start')!
    if ((e as ToggleEvent).newState !== 'open' || start.checked) return
    get<HTMLInputElement>('share-start-at')!.value = clock(video?.currentTime ?? 0)
  })
  draw()
}

function quote (s: string) {
  return s.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
