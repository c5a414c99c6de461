// Lets the service worker keep the page that is shown while the network is
// away, once everything else is done.
if ('serviceWorker' in navigator && window === top) {
  addEventListener('load', () => setTimeout(() => void navigator.serviceWorker.register('/sw.js').catch(() => {}), 3000))
}
export {}
