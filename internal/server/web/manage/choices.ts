// The pages of choices: a search in long lists of boxes, and what the player's
// menu keeps on a device.
for (const box of document.querySelectorAll<HTMLElement>('[data-pick]')) pick(box)

function pick (box: HTMLElement) {
  const search = box.querySelector<HTMLInputElement>('.pick-search')!
  const items = [...box.querySelectorAll<HTMLElement>('.pick-list > *')].map(item => ({ item, text: folded(item.textContent ?? '') }))
  const status = box.querySelector<HTMLElement>('[data-none]')!
  search.hidden = false
  search.addEventListener('input', () => {
    const wanted = folded(search.value)
    for (const { item, text } of items) item.hidden = !text.includes(wanted)
    status.textContent = items.every(({ item }) => item.hidden) ? status.dataset.none! : ''
  })
  search.addEventListener('keydown', e => { if (e.key === 'Enter') e.preventDefault() })
}

/** Texts without accents and case, to be compared. */
function folded (s: string): string {
  return s.normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase().trim()
}

// People without an account may also choose in the player, which keeps it in
// the browser's storage. The page shows what holds; saving it makes the page's
// choice hold.
const KEPT = { autoPlayVideo: 'player.autoplay', autoPlayNextVideo: 'player.next', autoPlayNextVideoPlaylist: 'player.next-playlist' }
const PLACES = 'player.places'
const device = document.querySelector<HTMLFormElement>('form[data-device]')
if (device) {
  try {
    for (const [name, key] of Object.entries(KEPT)) {
      const own = localStorage.getItem(key)
      if (own !== null) (device.elements.namedItem(name) as HTMLInputElement).checked = own === 'true'
    }
    device.addEventListener('submit', () => {
      for (const key of Object.values(KEPT)) localStorage.removeItem(key)
      if (!(device.elements.namedItem('videosHistoryEnabled') as HTMLInputElement).checked) localStorage.removeItem(PLACES)
    })
  } catch { /* nothing is kept */ }
}
