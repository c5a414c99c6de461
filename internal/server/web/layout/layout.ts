// Texts to copy, choices that are sent by themselves, forms that are sent once.
document.addEventListener('click', e => {
  const target = e.target instanceof Element ? e.target : null
  const copier = target?.closest<HTMLElement>('[data-copy]')
  if (copier) copy(copier)
})

async function copy (button: HTMLElement) {
  const from = document.getElementById(button.dataset.copy!)
  if (!(from instanceof HTMLInputElement || from instanceof HTMLTextAreaElement)) return
  from.select()
  try {
    await navigator.clipboard.writeText(from.value)
    const label = button.textContent
    button.textContent = button.dataset.copied ?? label
    setTimeout(() => { button.textContent = label }, 2000)
  } catch { /* it stays selected, to be copied by hand */ }
}

// Choices that are sent as soon as they are made; their button is for people
// without scripts.
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-auto]')) {
  form.addEventListener('change', () => form.requestSubmit())
  for (const b of form.querySelectorAll<HTMLElement>('.no-script')) b.hidden = true
}

// The tab that is open is in sight, where there are more than the window holds.
for (const here of document.querySelectorAll<HTMLElement>('.tabs [aria-current]')) {
  const tabs = here.parentElement!
  const by = here.getBoundingClientRect().right - tabs.getBoundingClientRect().right
  const back = here.getBoundingClientRect().left - tabs.getBoundingClientRect().left
  if (by > 0 || back < 0) tabs.scrollBy({ left: by > 0 ? by : back, behavior: 'instant' })
}

// A form is sent once.
document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement
  if (form.method !== 'post') return
  if (form.dataset.sent) e.preventDefault()
  form.dataset.sent = '1'
})
addEventListener('pageshow', () => {
  for (const f of document.querySelectorAll<HTMLFormElement>('form[data-sent]')) delete f.dataset.sent
})

document.documentElement.classList.add('scripted')
