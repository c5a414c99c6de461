// Which uploads were begun in this browser and have not ended: files are known
// again by name, size and date. The server has the bytes; here are the texts.
import type { Fields } from './transfer'

const KEY = 'uploads'
const LIFE = 60 * 60 * 1000 // ms; the server forgets uploads after an hour without a byte

export interface Begun { name: string, size: number, same (file: File): boolean, fields: Fields }

interface Kept { name: string, size: number, modified: number, fields: Fields, at: number }

function read (): Kept[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? '[]') as Kept[]
    return list.filter(k => Date.now() - k.at < LIFE)
  } catch {
    return []
  }
}

function write (list: Kept[]) {
  try {
    localStorage.setItem(KEY, JSON.stringify(list.slice(-50)))
  } catch { /* it is not kept, and begun anew next time */ }
}

const is = (k: Kept, f: File) => k.name === f.name && k.size === f.size && k.modified === f.lastModified

export function begun (): Begun[] {
  return read().map(k => ({ name: k.name, size: k.size, fields: k.fields, same: f => is(k, f) }))
}

export function remember (file: File, fields: Fields) {
  const kept: Kept = { name: file.name, size: file.size, modified: file.lastModified, fields, at: Date.now() }
  write([...read().filter(k => !is(k, file)), kept])
}

export function forget (file: File) { write(read().filter(k => !is(k, file))) }
