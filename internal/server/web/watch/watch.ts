// While a video is being worked on, its progress is shown as it goes on, and
// the player learns of new qualities. Long descriptions are short at first.
import './chapters'
import './share'
import './sharing'
import './transcript'

const EVERY = 3000 // ms

let part = document.getElementById('progress')
if (part?.hasAttribute('data-busy')) setTimeout(ask, EVERY)

async function ask () {
  const now = part!
  try {
    const response = await fetch(now.dataset.url!, { headers: { Accept: 'text/html' } })
    if (response.ok) show(now, await response.text())
  } catch { /* the network is away; it is asked again */ }
  if (part?.hasAttribute('data-busy')) setTimeout(ask, document.hidden ? EVERY * 5 : EVERY)
}

function show (now: HTMLElement, html: string) {
  const next = new DOMParser().parseFromString(html, 'text/html').getElementById('progress')
  if (!next) return
  const { state, qualities } = now.dataset
  const player = document.getElementById('player')
  if (!player && next.dataset.state !== state) return location.reload()
  if (!player && next.dataset.qualities !== '0' && qualities === '0') return location.reload()
  if (next.dataset.qualities !== qualities) player?.dispatchEvent(new Event('more-qualities'))
  part = document.adoptNode(next)
  now.replaceWith(part)
}

// On narrow windows the panels are seen right after the player: there they
// are in the order of the keyboard too.
const panels = document.querySelector('.watch-panels')
const narrow = matchMedia('(max-width: 1099px)')
function place () {
  if (!panels) return
  const scrolled = [...panels.querySelectorAll('ol')].map(list => [list, list.scrollTop] as const)
  if (narrow.matches) document.querySelector('.watch-player')!.after(panels)
  else document.querySelector('.watch-side')!.prepend(panels)
  for (const [list, top] of scrolled) list.scrollTop = top // what is moved in the page forgets it
}
narrow.addEventListener('change', place)
place()

const description = document.getElementById('description')
const TALL = 240 // px
if (description && description.scrollHeight > TALL) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button small quiet more'
  button.setAttribute('aria-controls', 'description')
  const set = (short: boolean) => {
    description.classList.toggle('short', short)
    button.textContent = short ? description.dataset.more! : description.dataset.less!
    button.ariaExpanded = String(!short)
  }
  button.addEventListener('click', () => set(!description.classList.contains('short')))
  // Who comes by the keyboard to a link that is out of sight sees it.
  description.addEventListener('focusin', () => set(false))
  set(true)
  description.after(button)
}
