// Draws the pictures of the site's icon that cannot be SVG: for devices that
// install the site, and covers of podcasts. They are made by Chromium once and
// committed; `node icons.mjs` makes them again after favicon.svg was changed.
//
// The mark of favicon.svg lies on a rounded square. Devices that cut icons to a
// shape of their own, and podcast apps, want the square without its corners.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = import.meta.dirname
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const svg = readFileSync(join(here, 'favicon.svg'), 'utf8')
const colour = /<rect[^>]* fill="([^"]+)"/.exec(svg)[1]

/** scale is how large the mark is within the square. */
function draw (name, size, scale, full) {
  const dir = mkdtempSync(join(tmpdir(), 'icons-'))
  const page = join(dir, 'icon.html')
  const square = Math.round(size * scale)
  writeFileSync(page, `<style>body{margin:0;width:${size}px;height:${size}px;display:grid;place-items:center;overflow:hidden;background:${full ? colour : 'transparent'}}svg{width:${square}px;height:${square}px}</style>${svg}`)
  execFileSync(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=1', '--default-background-color=00000000',
    `--window-size=${size},${size}`, `--screenshot=${join(here, name)}`, page], { stdio: 'ignore', cwd: dir })
  rmSync(dir, { recursive: true, force: true })
}

draw('icon-192.png', 192, 1, false)
draw('icon-512.png', 512, 1, false)
draw('icon-maskable-512.png', 512, 0.8, true)
draw('cover-1400.png', 1400, 0.72, true)
