// Finds the player of a page and, once the page is painted, loads what makes
// it more than the browser's own.
import type { Config } from './controls'

const root = document.getElementById('player')
const data = document.getElementById('player-config')
if (root && data?.textContent) {
  const config = JSON.parse(data.textContent) as Config
  requestAnimationFrame(() => setTimeout(async () => {
    const { Player } = await import('./controls')
    const player = new Player(root, config)
    await player.open()
  }))
}

// Links to a place in the video: in its description, among its chapters.
document.addEventListener('click', e => {
  const link = (e.target as Element).closest<HTMLElement>('[data-seek]')
  const video = root?.querySelector('video')
  if (!link || !video || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  video.currentTime = Number(link.dataset.seek)
  void video.play()
  root?.scrollIntoView({ block: 'center' })
  root?.focus()
})
