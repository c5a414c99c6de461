// Links that open in a dialog instead of on a page of their own: the part of that page marked
// data-fragment is shown, and its form is sent from there; the event "fragment" tells others of it.
// Whatever fails leads to the page.
const toast = (text: string) => {
  const line = document.createElement('p')
  line.className = 'toast'
  line.setAttribute('role', 'status')
  document.body.append(line)
  line.textContent = text
  setTimeout(() => line.remove(), 4000)
}

document.addEventListener('click', e => {
  const link = e.target instanceof Element ? e.target.closest<HTMLAnchorElement>('a[data-dialog]') : null
  if (!link || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
  e.preventDefault()
  open(link.href, link.closest('dialog')).catch(() => { location.href = link.href })
})

async function fragment (response: Response): Promise<{ part: Element, page: Document } | null> {
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const part = page.querySelector('[data-fragment]')
  return part && { part: document.importNode(part, true), page }
}

/** What is opened from a dialog takes its place. */
async function open (address: string, from: HTMLDialogElement | null) {
  const response = await fetch(address, { headers: { Accept: 'text/html' } })
  const found = response.ok && !response.redirected ? await fragment(response) : null
  if (!found) throw new Error('there is nothing to show')
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog sheet'
  dialog.append(found.part)
  label(dialog)
  document.body.append(dialog)
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', e => {
    const target = e.target as Element
    if (target === dialog || target.closest('[data-close]')) {
      e.preventDefault()
      dialog.close()
    }
  })
  dialog.addEventListener('submit', e => {
    e.preventDefault()
    e.stopPropagation()
    if (dialog.ariaBusy === 'true') return // a form is sent once
    dialog.ariaBusy = 'true'
    void send(dialog, e.target as HTMLFormElement, (e as SubmitEvent).submitter)
  })
  from?.close()
  dialog.showModal()
  dialog.dispatchEvent(new Event('fragment', { bubbles: true }))
}

/** The heading of what is shown names the dialog. */
function label (dialog: HTMLDialogElement) {
  const heading = dialog.querySelector('h1')
  if (heading) dialog.setAttribute('aria-label', heading.textContent ?? '')
}

async function send (dialog: HTMLDialogElement, form: HTMLFormElement, by: HTMLElement | null) {
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form, by)) if (typeof value === 'string') body.append(name, value)
  try {
    const response = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html' } })
    if (response.redirected && response.ok) {
      const notice = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('.notice')
      dialog.close()
      if (notice?.textContent) toast(notice.textContent.trim())
      return
    }
    const found = await fragment(response)
    if (!found) throw new Error('the form was not taken')
    dialog.replaceChildren(found.part)
    label(dialog)
    dialog.dispatchEvent(new Event('fragment', { bubbles: true }))
    const wrong = dialog.querySelector<HTMLElement>('[aria-invalid]') ?? dialog.querySelector<HTMLElement>('input:not([type="hidden"]), textarea')
    wrong?.focus()
  } catch {
    form.submit() // as without scripts: the browser tells what is wrong
  } finally {
    dialog.ariaBusy = null
  }
}
export {}
