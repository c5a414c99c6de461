// Suggestions below the field of search while somebody types, as a combobox
// (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). Without them the form
// is sent as any other.
interface Suggestion { text: string, kind: string, url: string }

const WAIT = 150 // milliseconds after the last key
const input = document.querySelector<HTMLInputElement>('input[data-suggest]')
if (input) suggestFor(input)

function suggestFor (input: HTMLInputElement) {
  const list = document.createElement('ul')
  list.className = 'suggestions'
  list.id = 'suggestions'
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', input.dataset.suggestLabel ?? '')
  list.hidden = true
  input.after(list)
  input.setAttribute('role', 'combobox')
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)
  input.setAttribute('aria-expanded', 'false')
  let active = -1
  let timer = 0
  let asked: AbortController | undefined
  let urls: string[] = []

  function close () {
    clearTimeout(timer)
    asked?.abort()
    list.hidden = true
    active = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }

  function show (suggestions: Suggestion[]) {
    urls = suggestions.map(s => s.url)
    active = -1
    input.removeAttribute('aria-activedescendant')
    list.replaceChildren(...suggestions.map((s, i) => {
      const item = document.createElement('li')
      const text = document.createElement('span')
      const kind = document.createElement('span')
      item.id = `suggestion-${i}`
      item.setAttribute('role', 'option')
      item.setAttribute('aria-selected', 'false')
      text.dir = 'auto'
      text.textContent = s.text
      kind.textContent = s.kind
      item.append(text, kind)
      return item
    }))
    list.hidden = suggestions.length === 0
    input.setAttribute('aria-expanded', String(!list.hidden))
  }

  function choose (to: number) {
    const items = list.children
    items[active]?.setAttribute('aria-selected', 'false')
    active = to < -1 ? items.length - 1 : to >= items.length ? -1 : to
    const item = items[active]
    if (!item) {
      input.removeAttribute('aria-activedescendant')
      return
    }
    item.setAttribute('aria-selected', 'true')
    item.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', item.id)
  }

  async function ask () {
    asked?.abort()
    asked = new AbortController()
    const text = input.value
    if (text.trim().length < 2) {
      close()
      return
    }
    try {
      const response = await fetch('/search/suggest?q=' + encodeURIComponent(text), { signal: asked.signal, headers: { Accept: 'application/json' } })
      if (!response.ok) return
      const answer = await response.json() as { suggestions: Suggestion[] }
      if (input.value === text && document.activeElement === input) show(answer.suggestions)
    } catch { /* asked again, or offline: there is still the button */ }
  }

  function later () {
    clearTimeout(timer)
    timer = window.setTimeout(() => { void ask() }, WAIT)
  }

  // An input method has its own list while it composes, but for Hangul, where
  // the last syllable is composed until something else is typed. When it ends,
  // some browsers send no more input.
  input.addEventListener('input', e => {
    const { isComposing, data } = e as InputEvent
    if (!isComposing || /\p{Script=Hangul}$/u.test(data ?? '')) later()
    else clearTimeout(timer)
  })
  input.addEventListener('compositionend', later)
  input.addEventListener('keydown', e => {
    if (e.isComposing) return
    if (e.key === 'Escape' && !list.hidden) {
      e.preventDefault()
      close()
    } else if (list.hidden) {
      if (e.key === 'ArrowDown') void ask()
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      choose(active + (e.key === 'ArrowDown' ? 1 : -1))
    } else if (e.key === 'Enter' && active >= 0) {
      e.preventDefault()
      location.href = urls[active]!
    }
  })
  list.addEventListener('pointerdown', e => e.preventDefault()) // the field keeps the focus
  list.addEventListener('click', e => {
    const item = (e.target as Element).closest('li')
    if (item) location.href = urls[[...list.children].indexOf(item)]!
  })
  input.addEventListener('blur', close)
}

// Where the videos beside a video come from is changed without leaving it.
document.addEventListener('click', e => {
  const link = (e.target as Element | null)?.closest<HTMLAnchorElement>('a[data-others]')
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return
  e.preventDefault()
  void others(link)
})

async function others (link: HTMLAnchorElement) {
  try {
    const response = await fetch(link.href, { headers: { Accept: 'text/html' } })
    if (!response.ok) throw new Error(String(response.status))
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const next = page.querySelector('.watch-others')
    const here = link.closest('.watch-others')
    if (!next || !here) throw new Error('no list')
    here.replaceWith(document.adoptNode(next))
    document.querySelector<HTMLElement>('.watch-others [aria-current]')?.focus()
  } catch {
    location.href = link.href
  }
}

export {} // its names are its own
