// The button that subscribes: it asks without leaving the page, and Shift+S
// presses it where there is only one, or one for all.
const forms = () => document.querySelectorAll<HTMLFormElement>('form[data-subscribe]')

document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement
  if (form.dataset.subscribe === undefined || form.dataset.plain) return
  e.preventDefault()
  e.stopImmediatePropagation()
  void toggle(form)
}, true)

async function toggle (form: HTMLFormElement) {
  if (form.ariaBusy === 'true') return
  form.ariaBusy = 'true'
  const handle = form.dataset.subscribe!
  const on = form.hasAttribute('data-subscribed')
  const token = form.querySelector<HTMLInputElement>('input[name=csrf]')?.value ?? ''
  const base = '/api/v1/users/me/subscriptions'
  try {
    const response = on
      ? await fetch(base + '/' + encodeURIComponent(handle), { method: 'DELETE', headers: { 'X-CSRF-Token': token } })
      : await fetch(base, {
        method: 'POST', headers: { 'X-CSRF-Token': token, 'Content-Type': 'application/json' }, body: JSON.stringify({ uri: handle })
      })
    if (!response.ok && !(on && response.status === 404)) throw new Error(String(response.status))
    for (const same of forms()) if (same.dataset.subscribe === handle) show(same, !on)
    for (const all of document.querySelectorAll<HTMLFormElement>('form[data-subscribe-all]')) showAll(all)
  } catch {
    // The page itself tells what is wrong.
    form.dataset.plain = '1'
    form.requestSubmit(form.querySelector<HTMLButtonElement>(on ? '.when-on' : '.when-off'))
  } finally {
    form.ariaBusy = 'false'
  }
}

function show (form: HTMLFormElement, on: boolean) {
  const had = form.contains(document.activeElement)
  form.toggleAttribute('data-subscribed', on)
  const shown = form.querySelector<HTMLElement>(on ? '.when-on' : '.when-off')!
  shown.hidden = false
  form.querySelector<HTMLElement>(on ? '.when-off' : '.when-on')!.hidden = true
  if (had) shown.focus()
  const live = document.getElementById('bell-live')
  if (live) live.textContent = shown.textContent!.trim()
}

// What subscribes to all channels of the page says how many are.
function showAll (form: HTMLFormElement) {
  if (form.dataset.whole !== undefined) return
  const each = [...forms()].map(f => f.hasAttribute('data-subscribed'))
  const every = !each.includes(false)
  const some = !every && each.includes(true)
  for (const [shown, what] of [[!every, '.when-off'], [some, '.when-some'], [every, '.when-on']] as const) {
    for (const part of form.querySelectorAll<HTMLElement>(what)) part.hidden = !shown
  }
}

document.addEventListener('keydown', e => {
  if (document.documentElement.dataset.keys === 'off') return
  if (e.key !== 'S' || !e.shiftKey || e.ctrlKey || e.altKey || e.metaKey || e.repeat) return
  if (e.target instanceof Element && e.target.closest('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable]')) return
  const whole = document.querySelectorAll<HTMLFormElement>('form[data-subscribe-all]')
  const all = whole.length > 0 ? whole : forms()
  if (new Set([...all].map(f => f.dataset.subscribe)).size !== 1) return
  e.preventDefault()
  all[0].requestSubmit(all[0].querySelector<HTMLButtonElement>('button:not([hidden])'))
})
export {}
