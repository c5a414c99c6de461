// Lists in which several are chosen have a box that ticks all others.
const all = document.querySelector<HTMLElement>('[data-pick-all]')
if (all) pickAll(all)

function pickAll (label: HTMLElement) {
  const box = label.querySelector('input')!
  // Asked for each time: lists grow while one scrolls.
  const boxes = () => [...document.querySelectorAll<HTMLInputElement>('input[form="picked"]')]
  label.hidden = false
  document.addEventListener('change', e => {
    if (e.target === box) for (const b of boxes()) b.checked = box.checked
    else if ((e.target as Element).matches('input[form="picked"]')) box.checked = boxes().every(b => b.checked)
  })
}
export {}
