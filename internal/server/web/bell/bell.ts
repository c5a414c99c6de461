// The bell in the header: the newest notifications below it, and its number,
// kept up to date by server-sent events. One tab at a time listens for all: the
// others hear of it from that one, so that many tabs are one connection.
const bell = document.querySelector<HTMLAnchorElement>('[data-bell]')
const list = document.getElementById('bell-list')
const live = document.getElementById('bell-live')

if (bell && list) start(bell, list)

interface News { unread: number }

function start (bell: HTMLAnchorElement, list: HTMLElement) {
  const count = bell.querySelector<HTMLElement>('.bell-count')!
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel('sepiola-bell') : undefined
  let last = Number(count.textContent) || 0

  const show = (unread: number, say: boolean) => {
    count.textContent = unread > 99 ? '99+' : String(unread)
    count.hidden = unread === 0
    if (unread !== last) {
      // The words are the server's: they are asked for only when they change.
      void words(say && unread > last)
      last = unread
      if (document.querySelector('[data-fresh]')) void import('../notifications/fresh').then(page => page.refresh()).catch(() => {})
    }
  }
  channel?.addEventListener('message', (e: MessageEvent<News>) => show(e.data.unread, false))

  // Where the words for the number come from, and the list itself.
  async function fetchList () {
    const response = await fetch(list.dataset.url!, { headers: { Accept: 'text/html' } })
    if (!response.ok) throw new Error(String(response.status))
    return new DOMParser().parseFromString(await response.text(), 'text/html')
  }
  async function words (say: boolean) {
    try {
      const label = (await fill()).dataset.label
      if (!label) return
      bell.setAttribute('aria-label', label)
      if (say && live) live.textContent = label
    } catch { /* the network is away; the next change brings it */ }
  }
  async function fill () {
    const part = (await fetchList()).body.firstElementChild as HTMLElement
    if (!list.contains(document.activeElement) || document.activeElement === list) list.replaceChildren(document.adoptNode(part))
    return part
  }

  bell.setAttribute('role', 'button')
  bell.setAttribute('aria-haspopup', 'dialog')
  bell.setAttribute('aria-expanded', 'false')
  bell.addEventListener('click', e => {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return
    e.preventDefault()
    if (list.matches(':popover-open')) { list.hidePopover(); return }
    fill().then(() => {
      list.showPopover()
      list.querySelector<HTMLElement>('a, button')?.focus()
    }, () => { location.href = bell.href })
  })
  bell.addEventListener('keydown', e => {
    if (e.key === ' ') { e.preventDefault(); bell.click() }
  })
  list.addEventListener('toggle', e => {
    const open = (e as ToggleEvent).newState === 'open'
    bell.setAttribute('aria-expanded', String(open))
    if (!open && list.contains(document.activeElement)) bell.focus()
  })

  listen(bell.dataset.events!, unread => {
    show(unread, true)
    channel?.postMessage({ unread })
  })
}

/** Listens while this tab holds the lock, and is seen. */
function listen (url: string, tell: (unread: number) => void) {
  let events: EventSource | undefined
  let release: (() => void) | undefined
  const open = () => {
    if (events) return
    events = new EventSource(url)
    events.addEventListener('unread', e => tell((JSON.parse((e as MessageEvent<string>).data) as News).unread))
    events.addEventListener('error', () => {
      if (events?.readyState === EventSource.CLOSED) close() // logged out, or the site is full
    })
  }
  const close = () => { events?.close(); events = undefined; release?.(); release = undefined }
  const want = () => {
    if (document.hidden || release) return
    if (!navigator.locks) { release = () => {}; open(); return }
    const ask = new AbortController()
    release = () => ask.abort()
    navigator.locks.request('sepiola-bell', { signal: ask.signal }, () => new Promise<void>(done => {
      release = done
      open()
    })).catch(() => {})
  }
  document.addEventListener('visibilitychange', () => { document.hidden ? close() : want() })
  addEventListener('pagehide', close)
  addEventListener('pageshow', e => { if (e.persisted) want() })
  // Not beside what the page itself needs first.
  if (document.readyState === 'complete') setTimeout(want, 500)
  else addEventListener('load', () => setTimeout(want, 500))
}
export {}
