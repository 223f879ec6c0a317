import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { NodeView } from '../../../src/model/view.ts'

export const MASTER_KEY = 'masterKey'

/** Path of a Meilisearch binary: `MEILISEARCH_BIN`, else the first on PATH; null when there is none. */
export function meilisearchBinary(): string | null {
  const named = process.env['MEILISEARCH_BIN']
  if (named !== undefined) return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, 'meilisearch')).find((path) => existsSync(path)) ?? null
}

export interface RealNode {
  readonly view: NodeView
  readonly process: ChildProcess
  /** Kills the process and removes its data. */
  stop(): Promise<void>
}

/** Starts a node on 127.0.0.1 with an empty database, in memory where the system offers that. */
export async function startRealNode(binary: string, id = 'real'): Promise<RealNode> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'miroir-node-'))
  const port = await freePort()
  const flags = ['--db-path', 'data', '--http-addr', `127.0.0.1:${port}`, '--master-key', MASTER_KEY]
  const child = spawn(binary, [...flags, '--no-analytics', '--log-level', 'error'], {
    cwd: folder,
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    view: { id, address: `http://127.0.0.1:${port}`, group: 0 },
    process: child,
    async stop() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
