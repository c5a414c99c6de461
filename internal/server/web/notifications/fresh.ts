// The page of notifications stays as new as the bell: when their number changes,
// the page is asked for again as it is filtered and ordered, and what it lists is
// put in place of what was listed. Who reads further down stays there, and the
// focus stays on its notification.
let asked = 0

export async function refresh () {
  const turn = ++asked
  const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' })
  if (!response.ok) return
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  if (turn !== asked) return // a newer one is on its way
  const stay = place()
  for (const part of document.querySelectorAll<HTMLElement>('[data-fresh]')) {
    const fresh = page.getElementById(part.id)
    if (!fresh) continue
    const back = focusIn(part)
    part.replaceChildren(...document.adoptNode(fresh).childNodes)
    back?.()
  }
  stay()
}

/** Returns what brings the focus back that is within a part, when its elements are others. */
function focusIn (part: HTMLElement) {
  const active = document.activeElement
  if (!active || active === part || !part.contains(active)) return undefined
  const tag = active.tagName
  const id = active.closest('li')?.id
  return () => {
    const item = (id && document.getElementById(id)) || part
    // What was marked as read elsewhere has no button for it any more.
    ;(item.querySelector<HTMLElement>(tag) ?? item.querySelector<HTMLElement>('a'))?.focus({ preventScroll: true })
  }
}

/** Remembers what is in sight, and returns what brings it there again; at the top what is new is seen. */
function place () {
  const list = [...document.querySelectorAll<HTMLElement>('[data-fresh] li')]
  const seen = scrollY > 0 ? list.find(item => item.getBoundingClientRect().top >= 0) : undefined
  const top = seen?.getBoundingClientRect().top ?? 0
  return () => {
    const again = seen && document.getElementById(seen.id)
    if (again) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: 'instant' })
  }
}
