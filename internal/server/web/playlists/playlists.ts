// Puts the elements of a playlist, or the playlists of a channel, in another order: by dragging their handle, with the mouse, a
// pen or a finger, and by their arrows without loading the page again. What is sent names elements,
// not places, so that two tabs can work on one playlist.
const list = document.querySelector<HTMLOListElement>('ol[data-order]')
if (list) order(list)

function order (list: HTMLOListElement) {
  const say = document.getElementById('order-status')!
  const items = () => [...list.children] as HTMLLIElement[]
  let busy: Promise<void> = Promise.resolve()

  /** Tells the site where an element is now. Moves are sent one after the other. */
  function send (item: HTMLLIElement) {
    const before = item.previousElementSibling as HTMLLIElement | null
    const first = item.nextElementSibling as HTMLLIElement | null
    number()
    if (!before && first && list.start > 1) { // what it comes after is on the page before
      move(item, first)
      move(first, item)
    } else move(item, before)
    busy = busy.then(() => { say.textContent = `${list.dataset.moved} ${item.querySelector('.position')?.textContent ?? ''}` })
      .catch(() => again('element_not_moved'))
  }

  /** Puts an element behind another, or first. */
  function move (item: HTMLLIElement, after: HTMLLIElement | null) {
    const body = new URLSearchParams({ csrf: list.dataset.csrf!, do: 'after', after: after?.dataset.element ?? '0' })
    busy = busy.then(async () => {
      const response = await fetch(item.dataset.action!, { method: 'POST', body, redirect: 'manual' })
      if (response.status === 404) return again(list.dataset.gone!)
      if (response.type !== 'opaqueredirect' && !response.ok) throw new Error(String(response.status))
    })
  }

  /** Shows the list as it is now, with a notice that says why. */
  function again (notice: string) {
    const address = new URL(location.href)
    address.searchParams.set('notice', notice)
    address.hash = ''
    location.replace(address)
  }

  function number () {
    items().forEach((item, i, all) => {
      item.querySelector('.position')!.textContent = String(list.start + i)
      const [up, down] = item.querySelectorAll<HTMLButtonElement>('button[name="do"]')
      up!.disabled = list.start + i <= 1
      down!.disabled = i === all.length - 1 && document.querySelector('.pager [rel="next"]') === null
    })
  }

  list.addEventListener('submit', e => {
    const submitter = (e as SubmitEvent).submitter as HTMLButtonElement | null
    const item = (e.target as Element).closest('li')!
    const up = submitter?.value === 'up'
    if (!up && submitter?.value !== 'down') return
    const other = up ? item.previousElementSibling : item.nextElementSibling
    if (!other) return // it goes to another page
    e.preventDefault()
    e.stopPropagation()
    if (up) other.before(item)
    else other.after(item)
    send(item)
    if (submitter.disabled) item.querySelector<HTMLButtonElement>(`button[value="${up ? 'down' : 'up'}"]`)?.focus()
    else submitter.focus()
  })

  list.addEventListener('pointerdown', e => {
    const grip = e.target instanceof Element ? e.target.closest<HTMLElement>('.grip') : null
    const item = grip?.closest('li')
    if (!grip || !item || e.button !== 0) return
    e.preventDefault()
    item.classList.add('dragged')
    const from = item.previousElementSibling
    // The document listens: an element that moves in it loses the pointer it had captured.
    const over = new AbortController()
    const move = (e: PointerEvent) => {
      const other = document.elementFromPoint(e.clientX, e.clientY)?.closest('li')
      if (!other || other === item || other.parentElement !== list) return
      const box = other.getBoundingClientRect()
      if (e.clientY < box.top + box.height / 2) other.before(item)
      else other.after(item)
    }
    const end = (kept: boolean) => {
      over.abort()
      item.classList.remove('dragged')
      if (item.previousElementSibling === from) return
      if (kept) send(item)
      else if (from) from.after(item)
      else list.prepend(item)
    }
    document.addEventListener('pointermove', move, { signal: over.signal })
    document.addEventListener('pointerup', () => end(true), { signal: over.signal })
    document.addEventListener('pointercancel', () => end(false), { signal: over.signal })
    document.addEventListener('keydown', e => { if (e.key === 'Escape') end(false) }, { signal: over.signal })
  })
}
export {}
