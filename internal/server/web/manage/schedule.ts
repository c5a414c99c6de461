// Times that a form wants in UTC are shown, and typed, in the time of the
// device.
const SHOWN = 16 // characters of 2026-11-22T01:30

for (const field of document.querySelectorAll<HTMLInputElement>('input[data-utc]')) local(field)

function local (field: HTMLInputElement) {
  const hint = document.getElementById(`hint-${field.name}`)
  if (hint) hint.textContent = field.dataset.hint!.replace('{zone}', Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (field.value) {
    const at = new Date(`${field.value}Z`)
    // toISOString writes UTC: the difference goes into the time itself.
    field.value = field.defaultValue = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, SHOWN)
  }
  field.form!.addEventListener('formdata', ({ formData }) => {
    if (field.value) formData.set(field.name, new Date(field.value).toISOString().slice(0, SHOWN))
  })
}
export {}
