// Lets this browser take pushed messages, or not any more.
const part = document.querySelector<HTMLElement>('[data-push]')
const said = document.querySelector<HTMLElement>('[data-push-said]')
if (part && said) start(part, said)

async function start (part: HTMLElement, said: HTMLElement) {
  const on = part.querySelector<HTMLButtonElement>('[data-push-on]')!
  const off = part.querySelector<HTMLButtonElement>('[data-push-off]')!
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !window.isSecureContext) {
    said.textContent = said.dataset.none!
    return
  }
  part.hidden = false
  const post = (path: string, body: unknown) => fetch(path, {
    method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': part.dataset.csrf! }
  }).then(r => { if (!r.ok && r.status !== 404) throw new Error(String(r.status)) })
  const show = (subscribed: boolean) => { on.hidden = subscribed; off.hidden = !subscribed }

  const worker = await navigator.serviceWorker.getRegistration('/')
  show(!!await worker?.pushManager.getSubscription())

  on.addEventListener('click', async () => {
    said.textContent = ''
    if (await Notification.requestPermission() !== 'granted') {
      said.textContent = said.dataset.denied!
      return
    }
    try {
      await navigator.serviceWorker.register('/sw.js')
      const ready = await navigator.serviceWorker.ready
      const subscription = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(part.dataset.push!) })
      await post('/api/v1/users/me/push-devices', subscription.toJSON())
      show(true)
      off.focus()
    } catch {
      said.textContent = said.dataset.failed!
    }
  })
  off.addEventListener('click', async () => {
    said.textContent = ''
    try {
      const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription()
      if (subscription) {
        await post('/api/v1/users/me/push-devices/remove', { endpoint: subscription.endpoint })
        await subscription.unsubscribe()
      }
      show(false)
      on.focus()
    } catch {
      said.textContent = said.dataset.failed!
    }
  })
}

/** The bytes of base64url. */
function bytes (text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(raw, c => c.charCodeAt(0))
}
export {}
