// Write the pages' files to a folder: `node build.mjs [folder]`. The same sources give the same bytes, and
// names that follow from them alone.
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { usMap } from './map.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const out = path.resolve(process.argv[2] ?? path.join(here, '../chalicelib/web/static'))
const manifest = {}

await mkdir(out, { recursive: true })
for (const name of await readdir(out)) await rm(path.join(out, name))

await written('map-us.json', JSON.stringify(usMap()))
// Shapes of a data set's own are loaded where one has them.
await written('geojson.js', await bundled('draw/geojson.js'))
const loaded = { MAP_US: JSON.stringify(manifest['map-us.json']), GEOJSON: JSON.stringify(manifest['geojson.js']) }
for (const name of ['explore.js', 'jobs.js', 'page.js', 'style.css']) await written(name, await bundled(name, loaded))
const sorted = Object.fromEntries(Object.entries(manifest).sort())
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(sorted, null, 2) + '\n')

async function bundled(entry, define = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}`],
    bundle: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    charset: 'utf8',
    minify: true,
    legalComments: 'none',
    define,
    write: false,
  })
  return outputFiles[0].text
}

async function written(name, text) {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const [stem, extension] = name.split('.')
  manifest[name] = `${stem}.${digest}.${extension}`
  await writeFile(path.join(out, manifest[name]), text)
}
