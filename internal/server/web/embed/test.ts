// The playground of embeds: it speaks with the frame as the embed API does, and
// shows what is said.
const box = document.querySelector<HTMLElement>('.embed-test')!
const frame = document.getElementById('test-frame') as HTMLIFrameElement
const query = document.getElementById('test-query') as HTMLInputElement
const log = document.getElementById('test-log')!
const code = document.getElementById('test-code') as HTMLTextAreaElement
const SCOPE = 'peertube::'
const MOST = 200 // lines

let id = 0

function say (text: string) {
  const line = document.createElement('div')
  line.textContent = text.length > 300 ? text.slice(0, 300) + '…' : text
  log.append(line)
  while (log.childElementCount > MOST) log.firstElementChild!.remove()
  log.scrollTop = log.scrollHeight
}

function post (message: object) { frame.contentWindow!.postMessage(JSON.stringify(message), location.origin) }

function call (method: string, params?: unknown) {
  post({ id: ++id, method: SCOPE + method, params })
  say(`→ ${id} ${method}${params === undefined ? '' : ' ' + JSON.stringify(params)}`)
}

addEventListener('message', e => {
  if (e.source !== frame.contentWindow || e.origin !== location.origin || typeof e.data !== 'string') return
  const m = JSON.parse(e.data) as { id?: number, method?: string, params?: { type?: string }, result?: unknown, error?: string, message?: string }
  if (m.method === SCOPE + '__ready') {
    if (m.params?.type === 'publish-request') post({ method: SCOPE + '__ready', params: { type: 'publish-reply', publish: [] } })
    return
  }
  if (m.id !== undefined) return say(`← ${m.id} ${m.error ? `${m.error}: ${m.message}` : JSON.stringify(m.result) ?? ''}`)
  if (m.method !== SCOPE + 'playbackStatusUpdate') say(`← ${m.method?.slice(SCOPE.length)} ${JSON.stringify(m.params) ?? ''}`)
})

function draw () {
  const u = new URL(box.dataset.frame!, location.href)
  u.search = query.value
  code.value = `<iframe title="${quote(box.dataset.title!)}" width="560" height="315" src="${quote(u.href)}" allow="autoplay; fullscreen; picture-in-picture" style="border: 0" sandbox="allow-same-origin allow-scripts allow-popups allow-forms"></iframe>`
  return u.href
}

function quote (s: string) {
  return s.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

document.getElementById('test-options')!.addEventListener('submit', e => {
  e.preventDefault()
  frame.src = draw()
})
box.addEventListener('click', e => {
  const method = (e.target as Element).closest<HTMLElement>('[data-method]')?.dataset.method
  if (method) call(method)
})
for (const form of box.querySelectorAll<HTMLFormElement>('[data-setter]')) {
  form.addEventListener('submit', e => {
    e.preventDefault()
    const text = form.querySelector('input')!.value
    let value: unknown = text
    try {
      value = JSON.parse(text)
    } catch { /* a text without quotes */ }
    call(form.dataset.setter!, value)
  })
}
post({ method: SCOPE + '__ready', params: { type: 'publish-request', publish: [] } })
draw()

export {}
