// Endless lists: the items of the next page are put behind those that are
// there. After a few pages the reader asks for more, so that the foot of the
// page can be reached.
const PAGES_BY_THEMSELVES = 4

let loaded = 0
function watch () {
  const nav = document.querySelector<HTMLElement>('.pager[data-endless]')
  const next = nav?.querySelector<HTMLAnchorElement>('a[rel="next"]')
  if (!nav || !next) return
  next.addEventListener('click', e => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return
    e.preventDefault()
    void more(nav, next)
  })
  if (loaded >= PAGES_BY_THEMSELVES) return
  const observer = new IntersectionObserver(seen => {
    if (!seen.some(s => s.isIntersecting)) return
    observer.disconnect()
    void more(nav, next)
  }, { rootMargin: '600px' })
  observer.observe(nav)
}

async function more (nav: HTMLElement, next: HTMLAnchorElement) {
  const status = nav.querySelector('[role="status"]')
  if (status) status.textContent = nav.dataset.loading ?? ''
  try {
    const response = await fetch(next.href, { headers: { Accept: 'text/html' } })
    if (!response.ok) throw new Error(String(response.status))
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    document.getElementById('list')?.append(...page.querySelectorAll('#list > li'))
    const after = page.querySelector('.pager')
    after?.querySelector('[rel="prev"]')?.remove()
    if (after) nav.replaceWith(document.adoptNode(after))
    else nav.remove()
    loaded++
    watch()
  } catch {
    location.href = next.href
  }
}

watch()
