// Tells once that viewers of a video share it, when they do: the choice is kept in the browser.
const KEY = 'sharing.told'
const notice = document.getElementById('sharing-notice')
if (notice && 'RTCPeerConnection' in window && !told()) {
  notice.hidden = false
  notice.querySelector('button')!.addEventListener('click', () => {
    notice.hidden = true
    try { localStorage.setItem(KEY, '1') } catch { /* then it is told again */ }
    document.getElementById('player')?.querySelector<HTMLElement>('button')?.focus()
  })
}

function told () {
  try { return localStorage.getItem(KEY) === '1' } catch { return false }
}
export {}
