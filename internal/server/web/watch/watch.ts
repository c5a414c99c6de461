// While a video is being worked on, its progress is shown as it goes on, and
// the player learns of new qualities.
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
export {}
