// A change of page that the browser does not animate after all (it goes on to
// another one, or is busy) is no fault to report. The browser tells of it with
// the first picture of a page, before modules run: so this is a script of its
// own that the head waits for.
for (const name of ['pageswap', 'pagereveal']) {
  addEventListener(name, e => {
    const transition = (e as Event & { viewTransition?: { ready: Promise<void>, finished: Promise<void> } | null }).viewTransition
    for (const part of [transition?.ready, transition?.finished]) part?.catch(() => {})
  })
}
export {}
