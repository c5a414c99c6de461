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
