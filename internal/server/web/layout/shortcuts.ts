// Keys of every page, PeerTube's: one, or two in a row. On pages with a player
// "m" and "?" are its own.
const WAIT = 1500 // ms that a second key may take

const PLACES: Record<string, string> = {
  'g o': '/videos/overview', 'g v': '/videos/browse', 'g p': '/videos/upload', 'g l': '/login',
  'm s': '/my-library/subscriptions', 'm v': '/my-library/videos', 'm c': '/my-library/video-channels', 'm p': '/my-library/video-playlists'
}

let first = ''
let forget = 0

document.addEventListener('keydown', e => {
  if (document.documentElement.dataset.keys === 'off') return // as the reader chose
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.key === 'Shift') return
  if (e.target instanceof Element && e.target.closest('input, textarea, select, [contenteditable], [role="menu"], dialog[open], .player')) return
  const keys = first ? `${first} ${e.key}` : e.key
  clearTimeout(forget)
  first = ''
  const place = PLACES[keys]
  if (place) {
    e.preventDefault()
    location.href = place
  } else if (act(keys)) e.preventDefault()
})

function act (key: string): boolean {
  const player = document.querySelector('.player')
  switch (key) {
    case 'g':
      break
    case 'm':
      if (player) return false
      break
    case '/':
    case 's':
      document.getElementById('search')?.focus()
      return true
    case 'b':
      document.getElementById('menu')?.togglePopover()
      return true
    case '?':
      if (!player) show()
      return !player
    default:
      return false
  }
  first = key
  forget = setTimeout(() => { first = '' }, WAIT)
  return true
}

/** The page of keys, as links that open in a dialog show it. */
function show () {
  const link = document.createElement('a')
  link.href = '/keyboard'
  link.dataset.dialog = ''
  document.body.append(link)
  link.click()
  link.remove()
}
export {}
