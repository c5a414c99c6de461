// Builds what the pages need into internal/server/web/assets/dist: styles and
// scripts (bundled, minified, named by their content), the sprite of the icons
// that are used, and gzip and brotli forms of all of them. The outcome is
// committed; building again gives the same bytes.
//
// The sources lie beside their components in internal/server/web; this folder
// only says which of them make a bundle (app.css, app.ts, watch.ts, upload.ts).
import { build } from 'esbuild'
import pako from 'pako'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { mend } from './mended.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const sources = join(here, '../internal/server/web')
const dist = join(sources, 'assets/dist')

/** Names of what pages ask for, and the files that they are. */
const manifest = {}

/** What else a page's scripts are going to ask for, by name: browsers would learn of it only when
 * they have read them. now is what they import, soon what they import as soon as the page is painted. */
const imports = {}
const soon = { 'watch.js': ['controls.ts'] }

/** p2p-media-loader-core with its faults mended: see mended.mjs. */
const mended = {
  name: 'mended',
  setup ({ onLoad }) {
    onLoad({ filter: /p2p-media-loader-core\.es\.js$/ }, ({ path }) => ({ contents: mend(readFileSync(path, 'utf8')), loader: 'js' }))
  }
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
await bundle()
sprite()
for (const name of ['favicon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable-512.png', 'cover-1400.png']) add(name, readFileSync(join(here, name)))
for (const [name, what] of [['manifest.json', manifest], ['imports.json', imports]]) {
  const sorted = Object.fromEntries(Object.entries(what).sort(([a], [b]) => a < b ? -1 : 1))
  writeFileSync(join(dist, name), JSON.stringify(sorted, null, 1) + '\n')
}
for (const name of readdirSync(dist).sort()) if (!name.endsWith('.json') && !name.endsWith('.png')) compress(join(dist, name))

async function bundle () {
  const result = await build({
    absWorkingDir: here,
    entryPoints: ['app.css', 'app.ts', 'watch.ts', 'upload.ts', 'playlists.ts', 'replace.ts', 'comments.ts', 'embed.ts', 'embed.css', 'embed-player.css', 'embed-test.ts', 'offline.css', 'sitelist.css', 'sw.ts', 'devices.ts'],
    outdir: dist,
    nodePaths: [join(here, 'node_modules')],
    bundle: true,
    plugins: [mended],
    conditions: ['p2pml:core-as-bundle'], // of p2p-media-loader: what it needs of Node comes bundled
    splitting: true,
    format: 'esm',
    minify: true,
    metafile: true,
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    logLevel: 'warning'
  })
  for (const [file, output] of Object.entries(result.metafile.outputs)) {
    if (output.entryPoint && !output.entryPoint.includes('/')) {
      const entry = basename(output.entryPoint).replace(/\.ts$/, '.js')
      manifest[entry] = basename(file)
      const others = imported(result.metafile.outputs, file, soon[entry] ?? [])
      if (others.now.length || others.soon.length) imports[entry] = others
    }
  }
}

/** The files that one imports, at once and soon: those of sources that it names by import(). */
function imported (outputs, file, names) {
  const closure = (file, all = new Set()) => {
    for (const { path, kind } of outputs[file].imports) {
      if (kind !== 'import-statement' || all.has(path)) continue
      all.add(path)
      closure(path, all)
    }
    return all
  }
  const now = closure(file)
  const later = new Set()
  for (const { path, kind } of outputs[file].imports) {
    if (kind !== 'dynamic-import' || !names.includes(basename(outputs[path].entryPoint ?? ''))) continue
    later.add(path)
    closure(path, later)
  }
  if (later.size < names.length) throw new Error(`${file} does not import ${names}`)
  const sorted = set => [...set].map(path => basename(path)).sort()
  return { now: sorted(now), soon: sorted(later).filter(path => !sorted(now).includes(path)) }
}

/** One SVG with a symbol for each icon that a component names, or a script in a comment of the
 * form "icons: play pause". */
function sprite () {
  const used = new Set()
  for (const file of readdirSync(sources, { recursive: true }).sort()) {
    if (!/\.(templ|ts)$/.test(file)) continue
    const text = readFileSync(join(sources, file), 'utf8')
    for (const [, name] of text.matchAll(/\bicon\.Use\(p, "([a-z0-9-]+)"/g)) used.add(name)
    for (const [, names] of text.matchAll(/^\/\/ icons: (.+)$/gm)) for (const name of names.split(' ')) used.add(name)
  }
  const symbols = [...used].sort().map(name => {
    const own = join(here, 'icons', name + '.svg') // drawn here: Lucide has no filled ones
    const svg = readFileSync(existsSync(own) ? own : join(here, 'node_modules/lucide-static/icons', name + '.svg'), 'utf8')
    const inner = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, '').replace(/<\/svg>\s*$/, '').replace(/\s*\n\s*/g, '')
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`
  })
  add('icons.svg', Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`))
}

/** Adds a file under a name that holds a hash of its content. */
function add (name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase()
  const file = `${basename(name, extname(name))}-${hash}${extname(name)}`
  manifest[name] = file
  writeFileSync(join(dist, file), content)
}

/** gzip is made by JavaScript: zlib's bytes differ between processors. */
function compress (file) {
  const content = readFileSync(file)
  writeFileSync(file + '.gz', pako.gzip(content, { level: 9, header: { os: 3, time: 0 } }))
  writeFileSync(file + '.br', brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  }))
}
