// The part of the service worker that shows a page while the network is away.
// It keeps that page and nothing else.
const PAGE = '/offline'
const CACHE = 'offline'

interface Worker extends EventTarget {
  registration: { navigationPreload?: { enable(): Promise<void> } }
}
interface WaitEvent extends Event { waitUntil(p: Promise<unknown>): void }
interface AskEvent extends WaitEvent {
  request: Request
  preloadResponse: Promise<Response | undefined>
  respondWith(answer: Promise<Response>): void
}

const worker = self as unknown as Worker

/** Gets the page as it is now. */
async function keep () {
  const cache = await caches.open(CACHE)
  await cache.add(new Request(PAGE, { cache: 'reload' }))
}

worker.addEventListener('install', e => (e as WaitEvent).waitUntil(keep()))
worker.addEventListener('activate', e => {
  // Pages are asked for while the worker still starts.
  (e as WaitEvent).waitUntil(Promise.resolve(worker.registration.navigationPreload?.enable()))
})

worker.addEventListener('fetch', e => {
  const ask = e as AskEvent
  // Embeds are no pages of ours to the reader; forms are left to the browser.
  if (ask.request.mode !== 'navigate' || ask.request.method !== 'GET' || new URL(ask.request.url).pathname.includes('/embed/')) return
  ask.respondWith(answer(ask))
})

async function answer (ask: AskEvent): Promise<Response> {
  try {
    return await ask.preloadResponse ?? await fetch(ask.request)
  } catch {
    return await caches.match(PAGE) ?? Response.error()
  }
}
export {}
