// Keys of every page, PeerTube's: one, or two in a row. "/" counts with and
// without Shift, which many keyboards need for it; where Shift and that key give
// "?", it is the list of keys, as in PeerTube.
//
// They work beside the player too, wherever the focus is. Two kinds of pairs
// meet keys of its own. "m" mutes at once; when a pair follows, the sound is put
// back, as a place was meant. "m c" could as well be two wishes of who watches, so
// with the focus in the player its second key is the player's: captions.
const WAIT = 1500 // ms that a second key may take

const PLACES: Record<string, string> = {
  'g o': '/videos/overview', 'g v': '/videos/browse', 'g p': '/videos/upload', 'g l': '/login',
  'm s': '/my-library/subscriptions', 'm v': '/my-library/videos', 'm c': '/my-library/video-channels', 'm p': '/my-library/video-playlists'
}
const PLAYERS_TOO = ['m c']

let first = ''
let forget = 0
let wasMuted: boolean | undefined

// Before all others, so that what is a second key here is nothing to the player.
document.addEventListener('keydown', e => {
  if (document.documentElement.dataset.keys === 'off') return // as the reader chose
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.key === 'Shift') return
  if (document.fullscreenElement) return // nothing of the page is seen
  const on = e.target instanceof Element ? e.target : document.body
  if (on.closest('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable], [role="menu"], dialog[open]')) return
  if (second(e.key, on) || act(e.key)) e.preventDefault()
}, true)

function second (key: string, on: Element): boolean {
  const keys = `${first} ${key}`
  const after = first
  clearTimeout(forget)
  first = ''
  if (!Object.hasOwn(PLACES, keys) || (PLAYERS_TOO.includes(keys) && on.closest('.player'))) return false
  const leave = () => { location.href = PLACES[keys]! }
  const video = playing()
  if (after !== 'm' || !video || wasMuted === undefined || video.muted === wasMuted) leave()
  else {
    video.addEventListener('volumechange', leave, { once: true }) // not before the player has noted it
    video.muted = wasMuted
  }
  return true
}

function act (key: string): boolean {
  switch (key) {
    case 'g':
    case 'm':
      first = key
      forget = setTimeout(() => { first = '' }, WAIT)
      wasMuted = playing()?.muted
      return key === 'g' || !playing()
    case '/':
    case 's':
      document.getElementById('search')?.focus()
      return true
    case 'b':
      document.getElementById('menu')?.togglePopover()
      return true
    case '?':
      if (playing()) return false
      show()
      return true
  }
  return false
}

const playing = () => document.querySelector<HTMLVideoElement>('.player video')

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
