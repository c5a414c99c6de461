// A form that searches a list of the page hides what does not match while one types; what is ticked
// stays ticked. Without scripts the form asks the site.
const plain = (s: string) => s.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

function filter (field: HTMLInputElement) {
  const id = field.closest<HTMLElement>('form[data-filter]')?.dataset.filter
  const list = id ? document.getElementById(id) : null
  if (!list) return
  const wanted = plain(field.value.trim())
  let shown = 0
  for (const item of list.querySelectorAll<HTMLElement>('[data-name]')) {
    item.hidden = !plain(item.dataset.name!).includes(wanted)
    if (!item.hidden) shown++
  }
  const status = list.querySelector<HTMLElement>('[data-none]')
  if (status) status.textContent = shown ? '' : status.dataset.none!
}

document.addEventListener('input', e => {
  if (e.target instanceof HTMLInputElement && e.target.type === 'search') filter(e.target)
})
// Before the dialog sends it as it does other forms.
document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement
  // A page that was asked for by a search shows a part only: the site looks through the rest.
  if (!form.matches('dialog form[data-filter]')) return
  e.preventDefault()
  e.stopPropagation()
}, { capture: true })
export {}
