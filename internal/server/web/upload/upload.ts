// The upload page: several files, each with its progress, its texts, and a
// memory in this browser of what was begun, so that choosing the same file
// again goes on where it was cut off.
import { Transfer, TransferError, type Fields, type Finished } from './transfer'
import { Texts } from './texts'
import { begun, forget, remember, type Begun } from './memory'

const AT_ONCE = 2

interface Config { csrf: string, maxChunk: number, extensions: string[], words: Record<string, string> }

const app = document.getElementById('upload-app')!
const config = JSON.parse(document.getElementById('upload-config')!.textContent!) as Config
const texts = new Texts(config.words)
const template = document.getElementById('upload-item') as HTMLTemplateElement
const list = document.getElementById('uploads')!
const status = document.getElementById('upload-status')!
const waiting: Item[] = []
const running = new Set<Item>()

class Item {
  readonly root: HTMLElement
  private readonly transfer: Transfer
  private sentFields = ''
  private last = 0
  private kept = 0
  private video?: Finished

  constructor (private readonly file: File) {
    this.root = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement
    this.transfer = new Transfer(file, config.csrf, config.maxChunk, {
      progress: (sent, speed) => this.progress(sent, speed),
      checking: () => this.say(word('checking')),
      offline: () => this.say(word('offline'))
    })
    this.part('.upload-file').textContent = file.name
    this.fill(begun().find(b => b.same(file))?.fields)
    this.part('.upload-cancel').addEventListener('click', () => void this.cancel())
    this.root.addEventListener('change', () => void this.changed())
    this.say(word('waits'))
  }

  async run () {
    this.remember()
    try {
      this.sentFields = JSON.stringify(this.fields())
      this.video = await this.transfer.run(this.fields())
      this.finished()
    } catch (e) {
      this.failed(e as TransferError)
    }
  }

  same (file: File) { return file.name === this.file.name && file.size === this.file.size && file.lastModified === this.file.lastModified }

  get busy () { return !this.video && !this.transfer.cancelled && !this.root.classList.contains('bad') }

  private finished () {
    forget(this.file)
    const [open, edit] = [this.link('.upload-open'), this.link('.upload-edit')]
    open.href = '/w/' + this.video!.shortUUID
    edit.href = '/videos/update/' + this.video!.shortUUID
    open.hidden = edit.hidden = false
    this.part('.upload-cancel').hidden = true
    this.root.classList.add('done')
    this.root.querySelector('progress')!.value = 1
    this.say(word('done'))
    status.textContent = `${this.file.name}: ${word('done')}`
    if (JSON.stringify(this.fields()) !== this.sentFields) void this.save()
  }

  private failed (e: TransferError) {
    if (this.transfer.cancelled) return
    this.root.classList.add('bad')
    const text = texts.failure(e)
    this.say(text)
    status.textContent = `${this.file.name}: ${text}`
    const retry = this.part('.upload-retry') as HTMLButtonElement
    retry.hidden = false
    retry.onclick = () => {
      this.root.remove()
      add([this.file])
    }
  }

  private async cancel () {
    forget(this.file)
    await this.transfer.cancel()
    this.root.remove()
    status.textContent = `${this.file.name}: ${word('cancelled')}`
  }

  // Texts may be changed while the bytes travel: they are kept here, and saved
  // when there is a video.
  private async changed () {
    this.remember()
    if (this.video) await this.save()
  }

  private async save () {
    const f = this.fields()
    if (f.name.length < 3) return this.say(word('too_short'))
    const body: Record<string, unknown> = { name: f.name, channelId: Number(f.channelId), privacy: Number(f.privacy) }
    body.category = f.category ? Number(f.category) : null
    body.description = f.description.length >= 3 ? f.description : null
    const answer = await fetch('/api/v1/videos/' + this.video!.uuid, {
      method: 'PUT', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': config.csrf }, body: JSON.stringify(body)
    }).catch(() => undefined)
    this.sentFields = JSON.stringify(f)
    this.say(answer?.ok ? word('saved') : word('unsaved'))
  }

  private progress (sent: number, speed: number) {
    const now = performance.now()
    if (now - this.last < 250 && sent < this.file.size) return
    this.last = now
    if (now - this.kept > 60_000) {
      this.kept = now
      this.remember()
    }
    this.root.querySelector('progress')!.value = sent / this.file.size
    this.say(texts.progress(sent, this.file.size, speed))
  }

  private fields (): Fields {
    const value = (name: string) => this.root.querySelector<HTMLInputElement>(`[name="${name}"]`)!.value.trim()
    const name = value('name')
    return {
      name: name.length < 3 ? title(this.file) : name,
      channelId: value('channelId'), privacy: value('privacy'), category: value('category'), description: value('description')
    }
  }

  private fill (before?: Fields) {
    const fields: Partial<Fields> = before ?? { name: title(this.file) }
    for (const [name, value] of Object.entries(fields)) {
      const field = this.root.querySelector<HTMLInputElement>(`[name="${name}"]`)
      if (field) field.value = value
    }
  }

  private remember () { remember(this.file, this.fields()) }
  private say (text: string) { this.part('.upload-state').textContent = text }
  private part (selector: string) { return this.root.querySelector<HTMLElement>(selector)! }
  private link (selector: string) { return this.part(selector) as HTMLAnchorElement }
}

function add (files: Iterable<File>) {
  for (const file of files) {
    if (!config.extensions.some(e => file.name.toLowerCase().endsWith(e))) {
      status.textContent = word('not_video').replace('{file}', file.name)
      status.classList.remove('hidden')
      continue
    }
    if ([...running, ...waiting].some(i => i.same(file))) continue // dropped twice
    const item = new Item(file)
    list.append(item.root)
    waiting.push(item)
  }
  showUnfinished()
  next()
}

function next () {
  while (running.size < AT_ONCE && waiting.length) {
    const item = waiting.shift()!
    running.add(item)
    void item.run().finally(() => {
      running.delete(item)
      next()
    })
  }
}

/** Uploads of earlier visits that wait for their file. */
function showUnfinished () {
  const shown = new Set([...list.querySelectorAll('.upload-file')].map(e => e.textContent))
  const rest = begun().filter((b: Begun) => !shown.has(b.name))
  document.getElementById('unfinished')!.hidden = rest.length === 0
  document.getElementById('unfinished-list')!.replaceChildren(...rest.map(b => {
    const li = document.createElement('li')
    li.textContent = `${b.name} (${texts.size(b.size)})`
    return li
  }))
}

function word (name: string) { return texts.word(name) }

/** A file's name without its ending, as a title. */
function title (file: File) {
  return file.name.replace(/\.[^.]+$/, '').replace(/[_]+/g, ' ').slice(0, 120).padEnd(3, '_')
}

document.getElementById('upload-form')!.hidden = true
app.hidden = false
showUnfinished()
const input = document.getElementById('upload-files') as HTMLInputElement
input.addEventListener('change', () => {
  add(input.files ?? [])
  input.value = ''
})
const drop = document.getElementById('drop')!
addEventListener('dragover', e => { e.preventDefault(); drop.classList.add('over') })
addEventListener('dragleave', e => { if (!e.relatedTarget) drop.classList.remove('over') })
addEventListener('drop', e => {
  e.preventDefault()
  drop.classList.remove('over')
  add(e.dataTransfer?.files ?? [])
})
addEventListener('beforeunload', e => { if (running.size || waiting.length) e.preventDefault() })
