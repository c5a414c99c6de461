// Lists that change by themselves (videos being worked on, jobs) are asked for
// again, unless somebody is about to do something in them.
const EVERY = 4000 // ms

let list = document.querySelector('[data-refresh]')
if (list) setTimeout(refresh, EVERY)

async function refresh () {
  const now = list!
  const occupied = document.hidden || now.contains(document.activeElement) || now.querySelector(':popover-open, details[open]')
  try {
    const response = occupied ? undefined : await fetch(location.href, { headers: { Accept: 'text/html' } })
    const next = response?.ok && new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(now.id)
    if (next && !now.contains(document.activeElement)) {
      list = document.adoptNode(next)
      now.replaceWith(list)
    }
  } catch { /* the network is away; it is asked again */ }
  if (list!.hasAttribute('data-refresh')) setTimeout(refresh, EVERY)
}
export {}
