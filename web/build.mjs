// Write the pages' files to a folder: `node build.mjs [folder]`. The same sources give the same bytes.
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { usMap } from './map.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const out = path.resolve(process.argv[2] ?? path.join(here, '../chalicelib/web/static'))

await mkdir(out, { recursive: true })
for (const name of await readdir(out)) await rm(path.join(out, name))

const map = JSON.stringify(usMap())
const mapName = `map-us.${createHash('sha256').update(map).digest('hex').slice(0, 8)}.json`
await writeFile(path.join(out, mapName), map)

// Each page has one script, without parts that it would have to wait for; the shapes of other data come later.
const manifest = { 'map-us.json': mapName }
for (const entry of ['explore.js', 'jobs.js', 'page.js', 'style.css']) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}`],
    bundle: true,
    splitting: entry === 'explore.js',
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    charset: 'utf8',
    minify: true,
    legalComments: 'none',
    define: { MAP_US: JSON.stringify(mapName) },
    entryNames: '[name].[hash]',
    chunkNames: '[name].[hash]',
    outdir: out,
    metafile: true,
  })
  for (const file of Object.keys(result.metafile.outputs)) {
    const name = path.basename(file)
    manifest[name.replace(/\.[A-Z0-9]{8}\./, '.')] = name
  }
}
const sorted = Object.fromEntries(Object.entries(manifest).sort())
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(sorted, null, 2) + '\n')
