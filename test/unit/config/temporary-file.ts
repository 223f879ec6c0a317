import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'miroir-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a file that is gone after the tests of this file; answers its path. */
export function temporaryFile(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
