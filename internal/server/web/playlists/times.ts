// The times of a video that forms in dialogs ask for (a part to save or to report) can be taken from
// the player beside them, if that plays the same video.
import { clock } from '../player/dom'

const config = document.getElementById('player-config')
const playing = config && (JSON.parse(config.textContent!) as { id: string }).id

document.addEventListener('fragment', e => {
  const video = document.querySelector<HTMLVideoElement>('#player video')
  if (!video || !playing) return
  for (const button of (e.target as Element).querySelectorAll<HTMLButtonElement>(`[data-time-of="${playing}"]`)) {
    const field = document.getElementById(button.dataset.field!) as HTMLInputElement
    button.hidden = false
    button.addEventListener('click', () => {
      field.value = clock(video.currentTime)
      field.focus() // which tells what it holds
    })
  }
})
