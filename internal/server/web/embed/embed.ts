// What every embed loads: it waits until somebody wants to watch, and only then
// loads what plays (frame.ts). The page around may want it at once.
import type { Options } from './options'

const root = document.documentElement
root.classList.add('scripted')

// The server looked at the colours; the browser knows them.
const first = JSON.parse(document.getElementById('embed-config')!.textContent!) as Options
for (const [name, value] of [['--big', first.back], ['--front', first.fore]] as const) {
  if (value && CSS.supports('color', value)) root.style.setProperty(name, value)
}

// The browser's own controls are for those without scripts.
const cover = document.querySelector('.embed-play')
if (cover) document.querySelector<HTMLVideoElement>('#player video')!.controls = false

const frame = () => import('./frame')

if (first.play || first.api) void frame().then(f => f.begin())

document.addEventListener('click', e => {
  const on = e.target as Element
  const play = on.closest('.embed-play')
  if (play) {
    // Some browsers let a video sound only if it was touched by the click itself.
    const video = document.querySelector<HTMLVideoElement>('#player video')!
    if (!video.currentSrc) video.load()
    void frame().then(f => f.play(), () => native(video))
    return
  }
  const link = on.closest<HTMLAnchorElement>('a[data-swap]')
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  frame().then(f => f.go(link.href, true), () => location.assign(link.href))
})

document.addEventListener('submit', e => {
  const form = (e.target as Element).closest('.embed-password')
  if (!form) return
  e.preventDefault()
  const wrong = form.querySelector('[role="alert"]')!
  wrong.textContent = ''
  frame().then(f => f.unlock(form.querySelector('input')!.value, true)).catch((why: Error) => { wrong.textContent = why.message })
})

// What will be wanted soon is loaded before.
for (const type of ['pointerover', 'focusin', 'touchstart'] as const) {
  document.addEventListener(type, e => {
    if ((e.target as Element).closest('.embed-play')) void frame().catch(() => {})
  }, { passive: true })
}

/** The browser's own controls, where ours did not come. */
function native (video: HTMLVideoElement) {
  document.querySelector('.embed-play')?.remove()
  document.getElementById('embed')!.classList.add('native')
  video.controls = true
  void video.play().catch(() => {})
}
