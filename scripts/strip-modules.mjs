// @ts-check
// Removes from node_modules what a running image never reads: foreign binaries, sources and leftovers of
// compilers.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const modules = join(root, 'node_modules')
const own = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`

for (const folder of ['binaries', 'dist']) {
  const binaries = join(modules, 'uWebSockets.js', folder)
  for (const name of readdirSync(binaries).filter((file) => file.endsWith('.node') && file !== own))
    rmSync(join(binaries, name))
}
for (const leftover of [
  'deps',
  'src',
  'build/Release/obj',
  'build/Release/obj.target',
  'build/Release/sqlite3.a',
])
  rmSync(join(modules, 'better-sqlite3', leftover), { recursive: true, force: true })
