// The page on which a video gets another file: the form's file goes by the
// resumable protocol, and after an interruption on from where it was.
import { Transfer, TransferError } from './transfer'
import { Texts } from './texts'

interface Config { csrf: string, maxChunk: number, extensions: string[], words: Record<string, string>, path: string }

const config = JSON.parse(document.getElementById('upload-config')!.textContent!) as Config
const texts = new Texts(config.words)
const form = document.getElementById('replace-form') as HTMLFormElement
const panel = document.getElementById('replace-progress')!
const state = document.getElementById('replace-state')!
const cancel = document.getElementById('replace-cancel') as HTMLButtonElement
const bar = panel.querySelector('progress')!
let busy = false

form.addEventListener('submit', e => {
  const file = form.querySelector<HTMLInputElement>('input[type=file]')!.files?.[0]
  if (!file) return // the server says what is missing
  e.preventDefault()
  if (!config.extensions.some(x => file.name.toLowerCase().endsWith(x))) {
    panel.hidden = cancel.hidden = false
    cancel.hidden = true
    state.textContent = texts.word('not_video').replace('{file}', file.name)
    return
  }
  void send(file)
})

async function send (file: File) {
  let last = 0
  const transfer = new Transfer(file, config.csrf, config.maxChunk, {
    progress: (sent, speed) => {
      const now = performance.now()
      if (now - last < 250 && sent < file.size) return
      last = now
      bar.value = sent / file.size
      state.textContent = texts.progress(sent, file.size, speed)
    },
    checking: () => { state.textContent = texts.word('checking') },
    offline: () => { state.textContent = texts.word('offline') }
  }, config.path)
  form.hidden = busy = true
  panel.hidden = cancel.hidden = false
  state.textContent = texts.word('waits')
  cancel.onclick = () => void transfer.cancel()
  try {
    await transfer.run()
    bar.value = 1
    state.textContent = texts.word('done')
    cancel.hidden = true
    const open = document.getElementById('replace-open')!
    open.hidden = false
    open.focus()
  } catch (e) {
    state.textContent = transfer.cancelled ? texts.word('cancelled') : texts.failure(e as TransferError)
    form.hidden = false
    cancel.hidden = true
  }
  busy = false
}

addEventListener('beforeunload', e => { if (busy) e.preventDefault() })
