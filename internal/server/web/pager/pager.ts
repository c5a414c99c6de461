// Endless lists: the items of the next page are put behind those that are
// there. After a few pages the reader asks for more, so that the foot of the
// page can be reached. Who comes back, or loads the page again, finds the list
// as long as it was, and where they were.
const PAGES_BY_THEMSELVES = 4
/** Pages that are put back at most: who went further begins there. */
const PAGES_PUT_BACK = 20

/** What the browser keeps of this visit (history.state). */
interface Been { pages?: number, y?: number }

let loaded = 0
let asking = false

const pager = () => document.querySelector<HTMLElement>('.pager[data-endless]')
const nextOf = (nav: HTMLElement | null) => nav?.querySelector<HTMLAnchorElement>('a[rel="next"]')

function watch () {
  const nav = pager()
  const next = nextOf(nav)
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
  if (asking) return
  asking = true
  try {
    await add(nav, next)
    remember()
    watch()
  } catch {
    location.href = next.href
  } finally {
    asking = false
  }
}

/** Puts the next page behind what is there. */
async function add (nav: HTMLElement, next: HTMLAnchorElement) {
  const status = nav.querySelector('[role="status"]')
  if (status) status.textContent = nav.dataset.loading ?? ''
  const response = await fetch(next.href, { headers: { Accept: 'text/html' } })
  if (!response.ok) throw new Error(String(response.status))
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const list = document.getElementById('list')
  // What was added before them meanwhile has moved some to this page that are there.
  const there = new Set([...list?.children ?? []].map(nameOf))
  list?.append(...[...page.querySelectorAll('#list > li')].filter(li => !there.has(nameOf(li))))
  const after = page.querySelector('.pager')
  after?.querySelector('[rel="prev"]')?.remove()
  if (after) nav.replaceWith(document.adoptNode(after))
  else nav.remove()
  loaded++
}

/** What tells an item from others: where it leads, and what the link says, as one
 * second of a video may have two lines. */
function nameOf (item: Element) {
  const link = item.querySelector('a')
  return link ? link.getAttribute('href') + ' ' + link.textContent : item.outerHTML
}

function remember () {
  if (loaded > 0) history.replaceState({ ...history.state as Been | null, pages: loaded, y: Math.round(scrollY) }, '')
}

/** Makes the list as long as it was, and goes to where its reader was, unless they scroll meanwhile. */
async function putBack ({ pages = 0, y = 0 }: Been) {
  let moved = false
  const move = () => { moved = true }
  const moves = ['wheel', 'touchmove', 'keydown'] as const
  for (const m of moves) addEventListener(m, move, { passive: true })
  asking = true
  history.scrollRestoration = 'manual' // the browser would go by the short list
  try {
    for (let i = 0; i < Math.min(pages, PAGES_PUT_BACK); i++) {
      const nav = pager()
      const next = nextOf(nav)
      if (!nav || !next) break
      await add(nav, next)
    }
    if (!moved) scrollTo({ top: y, behavior: 'instant' })
  } catch { /* it is as long as it is */ } finally {
    for (const m of moves) removeEventListener(m, move)
    asking = false
    history.scrollRestoration = 'auto'
    watch()
  }
}

if (pager()) {
  let pause = 0
  addEventListener('scroll', () => {
    clearTimeout(pause)
    pause = window.setTimeout(() => { if (!asking) remember() }, 250)
  }, { passive: true })
  const been = history.state as Been | null
  if (been?.pages) void putBack(been)
  else watch()
}
