// Comments without reloading: they are fetched when the reader comes near,
// forms are sent and answered in place, drafts are kept, and what others write
// meanwhile appears. All of it works without, too: see Section and Page.
const EVERY = 6000 // ms between looks for new comments
const LATER = 30_000 // after a failure

const section = document.getElementById('comments')
const src = section?.dataset.src
if (section && src) start(section, src)

function start (place: HTMLElement, src: string) {
  let newest = ''
  place.addEventListener('click', clicked)
  place.addEventListener('submit', submitted)
  place.addEventListener('input', e => { if (isText(e.target)) keep(e.target) })

  const threadId = new URLSearchParams(location.search).get('threadId')
  if (place.hasAttribute('data-here')) arrived()
  else if (threadId) void load(`${src}?threadId=${encodeURIComponent(threadId)}`)
  else if (location.hash === '#comments') void load(src).then(() => place.scrollIntoView())
  else {
    const near = new IntersectionObserver(seen => {
      if (!seen.some(s => s.isIntersecting)) return
      near.disconnect()
      void load(src)
    }, { rootMargin: '500px' })
    near.observe(place)
  }

  /** Shows another part of the comments. */
  async function load (href: string, focus = false) {
    const link = place.querySelector('a')
    if (!place.dataset.loaded && link && place.dataset.loading) link.setAttribute('aria-busy', 'true')
    const html = await ask(href)
    link?.removeAttribute('aria-busy')
    if (html === null) return say(place.dataset.failed)
    place.replaceChildren(...nodes(html))
    arrived()
    if (focus) place.querySelector<HTMLElement>('#comments-title')?.focus()
  }

  function arrived () {
    newest = place.querySelector<HTMLElement>('[data-newest]')?.dataset.newest ?? ''
    for (const text of place.querySelectorAll('textarea')) restore(text)
    const lit = place.querySelector<HTMLElement>('.lit')
    if (lit) { lit.scrollIntoView({ block: 'center' }); lit.focus({ preventScroll: true }) }
    if (!place.dataset.loaded && place.querySelector('#threads')) setTimeout(look, EVERY)
    place.dataset.loaded = 'true'
  }

  function clicked (e: MouseEvent) {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
    const link = (e.target as Element).closest('a')
    if (!link) return
    const handle = [
      [link.dataset.part, () => load(link.href, true)],
      [link.dataset.more, () => more(link)],
      [link.dataset.replies, () => open(link, link.dataset.replies!)],
      [link.dataset.reply && place.querySelector('#reply-form'), () => answer(link)],
      [link.dataset.cancel, () => cancel(link)]
    ].find(([is]) => is !== undefined && is !== null) as [unknown, () => unknown] | undefined
    if (!handle) return
    e.preventDefault()
    void handle[1]()
  }

  /** The next page of threads. */
  async function more (link: HTMLAnchorElement) {
    const html = await ask(link.href)
    if (html === null) return say(place.dataset.failed)
    const part = parsed(html)
    const fresh = [...part.querySelectorAll<HTMLElement>('#threads > li')].filter(li => !document.getElementById(li.id))
    place.querySelector('#threads')?.append(...fresh)
    const next = part.querySelector('a[data-more]')
    if (next) link.replaceWith(next)
    else link.remove()
    fresh[0]?.querySelector<HTMLElement>('.comment')?.focus()
  }

  /** The replies of a thread. */
  async function open (link: HTMLAnchorElement, id: string) {
    const part = await ask(link.href)
    const list = document.getElementById(id)
    if (part === null || !list) return say(place.dataset.failed)
    if (!new URL(link.href).searchParams.has('start')) list.replaceChildren()
    const first = grow(list, elements(part))
    link.parentElement?.remove() // grow put the next one below the list
    first?.querySelector<HTMLElement>('.comment')?.focus()
  }

  /** Appends replies to those of a thread, with what leads to further ones
   * below the list, and returns the first that was not there. */
  function grow (list: HTMLElement, part: Element[]): Element | undefined {
    let first: Element | undefined
    for (const li of part.filter(e => e.matches('li'))) {
      // One that was just written stands below those that are not shown yet.
      const there = document.getElementById(li.querySelector('.comment')?.id ?? '')?.closest('li')
      list.append(there ?? li)
      if (!there) first ??= li
    }
    list.after(...part.filter(e => e.matches('.comment-more')))
    return first
  }

  /** The form of a reply, below what it answers. */
  function answer (link: HTMLAnchorElement) {
    const comment = link.closest('.comment')
    const template = place.querySelector<HTMLTemplateElement>('#reply-form')
    if (!comment || !template) return
    place.querySelector('.comment-form.reply-form')?.remove()
    const form = (template.content.cloneNode(true) as DocumentFragment).querySelector('form')!
    form.classList.add('reply-form')
    const text = form.querySelector('textarea')!
    const label = form.querySelector('label')!
    form.querySelector<HTMLInputElement>('[name="replyTo"]')!.value = link.dataset.reply!
    text.id = label.htmlFor = `text-${link.dataset.reply}`
    label.textContent = link.getAttribute('aria-label')
    comment.after(form)
    restore(text)
    text.focus()
  }

  function cancel (link: HTMLAnchorElement) {
    const form = link.closest('form')
    const comment = form?.previousElementSibling as HTMLElement | null
    const text = form?.querySelector('textarea')
    if (text) forget(text)
    form?.remove()
    comment?.focus()
  }

  function submitted (e: SubmitEvent) {
    const form = e.target as HTMLFormElement
    const handle = form.hasAttribute('data-comment') ? send : form.hasAttribute('data-act') ? act : null
    if (!handle) return
    e.preventDefault()
    if (form.dataset.sent) return
    void handle(form).finally(() => { delete form.dataset.sent })
  }

  async function send (form: HTMLFormElement) {
    const answer = await post(form)
    if (!answer) return notSent(form)
    const html = await answer.text()
    if (!answer.ok) {
      const again = parsed(html).querySelector<HTMLFormElement>('form[data-comment]')
      if (!again) return notSent(form) // some other page: a limit, a fault
      const reply = form.classList.contains('reply-form')
      form.replaceWith(document.adoptNode(again))
      again.classList.toggle('reply-form', reply)
      again.querySelector('textarea')?.focus()
      return
    }
    const text = form.querySelector('textarea')!
    forget(text)
    text.value = ''
    // What was wrong with an earlier try is over.
    text.removeAttribute('aria-invalid')
    form.querySelector('.notice.bad')?.remove()
    document.querySelector('#main > .notice[role="status"]')?.remove() // such as: write it again below
    const added = put(parsed(html)).at(-1)
    const held = added?.classList.contains('held')
    say(held ? form.dataset.held : form.dataset.said)
    if (form.classList.contains('reply-form')) form.remove()
    added?.focus()
  }

  /** Says so above the text, which stays. */
  const notSent = (form: HTMLFormElement) => alarm(form, form.dataset.failed)

  /** Deletes or approves. */
  async function act (form: HTMLFormElement) {
    const li = form.closest('li.reply, li.thread')
    const answer = await post(form)
    if (!answer?.ok) return alarm(form.closest('.comment') ?? place, await why(answer) ?? form.dataset.failed)
    const list = li?.closest<HTMLElement>('.replies')
    const thread = list?.id.replace('replies-', '')
    if (list && thread) {
      const replies = await read(`${src}/${thread}`, list.children.length)
      if (replies) {
        list.closest('li.thread')?.querySelector(':scope > .comment-more')?.remove()
        list.replaceChildren()
        grow(list, replies)
        return list.closest('li.thread')?.querySelector<HTMLElement>('.comment')?.focus()
      }
    }
    await load(src, true)
  }

  /** The replies of a thread from its beginning, so many at least, and what
   * leads to the next ones. */
  async function read (href: string, least: number): Promise<Element[] | null> {
    const replies: Element[] = []
    for (;;) {
      const part = await ask(href)
      if (part === null) return null
      replies.push(...elements(part))
      const link = replies.at(-1)?.querySelector<HTMLAnchorElement>(':scope > a[data-replies]')
      if (!link || replies.length > least) return replies
      replies.pop()
      href = link.href
    }
  }

  /** Puts new comments where they belong and returns those that were not there. */
  function put (part: Document): HTMLElement[] {
    const fresh = part.getElementById('new-comments')
    const added: HTMLElement[] = []
    for (const li of [...fresh?.children ?? []]) {
      const comment = li.querySelector<HTMLElement>('.comment')
      if (!comment || document.getElementById(comment.id)) continue
      const thread = (li as HTMLElement).dataset.thread
      const list = thread ? document.getElementById(`replies-${thread}`) : place.querySelector('#threads')
      if (!list) continue
      if (thread || place.querySelector('nav [aria-current]:not(:first-child)')) list.append(li)
      else list.prepend(li)
      added.push(comment)
    }
    if (added.length) {
      place.querySelector('#no-comments')?.remove()
      const title = place.querySelector('#comments-title')
      if (title && !place.querySelector('[data-single]') && fresh?.dataset.count) title.textContent = fresh.dataset.count
    }
    return added
  }

  /** Looks again and again for what others wrote. */
  async function look () {
    let wait = EVERY
    if (!document.hidden && newest) {
      try {
        const answer = await fetch(`${src}/new?after=${newest}`, { headers: { Accept: 'text/html' } })
        if (answer.status === 200) {
          const part = parsed(await answer.text())
          const list = part.getElementById('new-comments')
          newest = list?.dataset.newest ?? newest
          const added = put(part).length
          if (added) say((JSON.parse(list?.dataset.says ?? '[]') as string[])[added - 1])
        } else if (!answer.ok) wait = LATER
      } catch { wait = LATER }
    }
    setTimeout(look, wait)
  }

  function say (text?: string) {
    const status = place.querySelector('#comments-status')
    if (status && text) status.textContent = text
  }
}

// Drafts live as long as the tab, so that a login or a failure loses nothing.
const isText = (t: unknown): t is HTMLTextAreaElement => t instanceof HTMLTextAreaElement && t.name === 'text'
const draft = (text: HTMLTextAreaElement) => `draft ${section?.dataset.src} ${text.id}`
function keep (text: HTMLTextAreaElement) {
  try { sessionStorage.setItem(draft(text), text.value) } catch { /* without storage there are no drafts */ }
}
function forget (text: HTMLTextAreaElement) {
  try { sessionStorage.removeItem(draft(text)) } catch { /* nor to forget */ }
}
function restore (text: HTMLTextAreaElement) {
  try { if (!text.value) text.value = sessionStorage.getItem(draft(text)) ?? '' } catch { /* nor to find */ }
}

const parsed = (html: string) => new DOMParser().parseFromString(html, 'text/html')
/** The nodes of a piece of HTML, which may be items without their list. */
function nodes (html: string): Node[] {
  const template = document.createElement('template')
  template.innerHTML = html
  return [...template.content.childNodes]
}

/** The elements of such a piece. */
const elements = (html: string) => nodes(html).filter(n => n instanceof Element)

async function ask (href: string): Promise<string | null> {
  const url = new URL(href, location.href)
  url.searchParams.set('part', '1')
  try {
    const answer = await fetch(url, { headers: { Accept: 'text/html' } })
    return answer.ok ? await answer.text() : null
  } catch {
    return null
  }
}

/** Says at the top of something, for all to see, what did not work there. */
function alarm (place: Element, text?: string) {
  place.querySelector('.notice.bad')?.remove()
  const line = document.createElement('p')
  line.className = 'notice bad'
  line.setAttribute('role', 'alert')
  line.textContent = text ?? ''
  place.prepend(line)
}

/** What the page of a problem says, in the reader's language. */
async function why (answer: Response | null): Promise<string | undefined> {
  const page = answer && parsed(await answer.text()).querySelector('.problem')
  return page?.querySelector(answer?.status === 401 ? 'h1' : 'h1 + p')?.textContent ?? undefined
}

async function post (form: HTMLFormElement, button?: HTMLElement | null): Promise<Response | null> {
  try {
    const body = new URLSearchParams(new FormData(form, button) as unknown as Record<string, string>)
    return await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html', 'X-Part': '1' } })
  } catch {
    return null
  }
}

// Ratings, by their buttons and by Shift+L and Shift+D.
document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement
  if (!form.hasAttribute('data-rate')) return
  e.preventDefault()
  void rate(form, e.submitter)
})

async function rate (form: HTMLFormElement, button: HTMLElement | null) {
  const place = document.getElementById('rating')
  const answer = await post(form, button)
  delete form.dataset.sent
  const next = answer?.ok ? parsed(await answer.text()).getElementById('rating') : null
  if (!place || !next) {
    if (place) alarm(place, (answer?.ok ? undefined : await why(answer)) ?? place.dataset.failed)
    return
  }
  place.replaceWith(document.adoptNode(next))
  next.querySelector<HTMLElement>(`[data-key="${button?.dataset.key}"]`)?.focus()
}

document.addEventListener('keydown', e => {
  if (document.documentElement.dataset.keys === 'off') return
  if (!e.shiftKey || e.ctrlKey || e.metaKey || e.altKey || e.repeat) return
  const key = e.key.toUpperCase()
  if (key !== 'L' && key !== 'D') return
  if (e.target instanceof Element && e.target.closest('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]')) return
  const button = document.querySelector<HTMLButtonElement>(`#rating [data-key="${key}"]`)
  if (!button) return
  e.preventDefault()
  button.click()
})
