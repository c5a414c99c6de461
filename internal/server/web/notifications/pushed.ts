// Shows what is pushed while the site is closed, and opens what it is about.
// The server says all that is shown, in the reader's language.
interface Message { title: string, body: string, url: string, tag: string, lang: string, dir: NotificationDirection }

// A service worker's global scope, which the types of pages do not have.
interface Worker extends EventTarget {
  registration: { showNotification(title: string, options: NotificationOptions): Promise<void> }
  clients: {
    matchAll(options: { type: 'window' }): Promise<{ url: string, focus(): Promise<unknown> }[]>
    openWindow(url: string): Promise<unknown>
  }
  location: Location
}
interface PushEvent extends Event { data: { json(): Message } | null, waitUntil(p: Promise<unknown>): void }
interface ClickEvent extends Event { notification: Notification, waitUntil(p: Promise<unknown>): void }

const worker = self as unknown as Worker

worker.addEventListener('push', e => {
  const push = e as PushEvent
  if (!push.data) return
  const m = push.data.json()
  push.waitUntil(worker.registration.showNotification(m.title, {
    body: m.body, tag: m.tag, lang: m.lang, dir: m.dir, data: m.url
  }))
})

worker.addEventListener('notificationclick', e => {
  const click = e as ClickEvent
  click.notification.close()
  const url = new URL(String(click.notification.data), worker.location.origin)
  if (url.origin !== worker.location.origin) return
  click.waitUntil(open(url.href))
})

async function open (url: string) {
  for (const page of await worker.clients.matchAll({ type: 'window' })) {
    if (page.url === url) return page.focus()
  }
  return worker.clients.openWindow(url)
}
export {}
