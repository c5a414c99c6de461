// What the player remembers on this device. A browser that keeps nothing is
// no error.
const PREFIX = 'player.'

export function kept (name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

export function keep (name: string, value: string) {
  try {
    if (localStorage.getItem(PREFIX + name) !== value) localStorage.setItem(PREFIX + name, value)
  } catch { /* not kept */ }
}

/** Leaves a mark for the next page of this window. */
export function once (name: string) {
  try {
    sessionStorage.setItem(PREFIX + name, '1')
  } catch { /* not kept */ }
}

/** Reports whether the page before left a mark, and takes it away. */
export function take (name: string): boolean {
  try {
    const was = sessionStorage.getItem(PREFIX + name) !== null
    sessionStorage.removeItem(PREFIX + name)
    return was
  } catch {
    return false
  }
}
