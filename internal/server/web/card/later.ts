// The button of a card that keeps its video for later: pressed without leaving the page, and said.
// icons: clock check
document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement
  const by = (e as SubmitEvent).submitter
  if (form.id !== 'later' || !(by instanceof HTMLButtonElement) || form.dataset.plain) return
  e.preventDefault()
  e.stopImmediatePropagation()
  void press(form, by)
}, true)

async function press (form: HTMLFormElement, by: HTMLButtonElement) {
  if (by.ariaBusy === 'true') return
  by.ariaBusy = 'true'
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form, by)) if (typeof value === 'string') body.append(name, value)
  try {
    const response = await fetch(by.formAction, { method: 'POST', body, headers: { Accept: 'application/json' } })
    if (response.status !== 204) throw new Error(String(response.status))
    const on = by.value !== 'remove'
    // The same video may be on the page twice.
    for (const one of document.querySelectorAll<HTMLButtonElement>('.card-later')) if (one.formAction === by.formAction) show(one, on)
    say((on ? form.dataset.added : form.dataset.removed) ?? '')
  } catch {
    // The page itself tells what is wrong.
    form.dataset.plain = '1'
    form.requestSubmit(by)
  } finally {
    by.ariaBusy = null
  }
}

function show (button: HTMLButtonElement, on: boolean) {
  button.ariaPressed = String(on)
  button.value = on ? 'remove' : 'add'
  const use = button.querySelector('use')
  use?.setAttribute('href', use.getAttribute('href')!.replace(/#.*/, on ? '#check' : '#clock'))
}

function say (text: string) {
  const live = document.getElementById('bell-live')
  if (!live) return
  live.textContent = '' // the same words twice are said twice
  requestAnimationFrame(() => { live.textContent = text })
}
export {}
