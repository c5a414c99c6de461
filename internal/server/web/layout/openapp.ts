// Phones are offered the app, once: who puts the offer away is not asked again
// on that device. It stands at the lower edge, so that nothing moves for it.
const KEY = 'sepiola-no-app'
const WAIT = 2500 // ms until an app that is not there is looked for in the store

const offer = document.getElementById('open-app')
if (offer instanceof HTMLTemplateElement) show(offer)

function show (from: HTMLTemplateElement) {
  const android = /android/i.test(navigator.userAgent)
  const host = android ? from.dataset.android : /iphone|ipod/i.test(navigator.userAgent) ? from.dataset.ios : undefined
  const installed = matchMedia('(display-mode: standalone)').matches || !matchMedia('(max-width: 800px)').matches
  if (!host || installed || refused()) return

  const bar = from.content.firstElementChild!.cloneNode(true) as HTMLElement
  const link = bar.querySelector<HTMLAnchorElement>('a')!
  link.href = android ? intent(host, from.dataset) : `${from.dataset.iosScheme}://${host}${place()}`
  link.addEventListener('click', () => {
    // The address of the moment: players and lists change it without loading.
    link.href = android ? intent(host, from.dataset) : `${from.dataset.iosScheme}://${host}${place()}`
    if (!android) toStore(from.dataset.iosFallback)
  })
  bar.querySelector('button')!.addEventListener('click', () => {
    bar.remove()
    document.documentElement.classList.remove('offers-app')
    try { localStorage.setItem(KEY, '1') } catch { /* it is offered again on the next page */ }
    document.getElementById('main')?.focus({ preventScroll: true })
  })
  document.body.append(bar)
  document.documentElement.classList.add('offers-app')
}

function refused () {
  try { return localStorage.getItem(KEY) !== null } catch { return false }
}

/** What the app is to open, as PeerTube's app has it. */
function place () {
  const video = /^\/w\/([^/?;]{6,})/.exec(location.pathname)
  const channel = /^\/c\/([^/?;]+)/.exec(location.pathname)
  const path = video ? `video/${video[1]}` : channel ? `video-channel/${channel[1]}` : ''
  return `/${path}?host=${encodeURIComponent(location.host)}`
}

/** Android looks for the app and, without one, opens the store by itself. */
function intent (host: string, set: DOMStringMap) {
  const store = set.androidFallback ? `;S.browser_fallback_url=${encodeURIComponent(set.androidFallback)}` : ''
  return `intent://${host}${place()}#Intent;scheme=${set.androidScheme}${store};end`
}

/** Others say nothing when there is no app: then this page is still seen. */
function toStore (fallback = '') {
  if (fallback) setTimeout(() => { if (document.visibilityState === 'visible') location.href = fallback }, WAIT)
}

export {} // its names are its own
