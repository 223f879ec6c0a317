import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { CliContext, DevNodeOptions, Launchers, Terminal } from './cli/context.ts'
import { runCli } from './cli/program.ts'

/** Each program is loaded only when it is asked for: `config check` needs no native code. */
const launchers: Launchers = {
  serve: async (loaded) => (await import('./serve.ts')).serve(loaded),
  demo: async (options) => (await import('./demo.ts')).demo(options),
  devnode: runDevNode,
  import: (request) =>
    transferring(async (terminal) => (await import('./transfer.ts')).importInto(request, terminal)),
  export: (request) =>
    transferring(async (terminal) => (await import('./transfer.ts')).exportFrom(request, terminal)),
}

const WEEK_MS = 604_800_000

/** The first Ctrl-C asks a transfer to end well; a second one ends the process as usual. */
async function transferring(run: (terminal: Terminal) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const ended = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  // Clocks and idle connections do not keep a process alive; waiting for a task does.
  wait(WEEK_MS, undefined, { signal: ended.signal }).catch(() => undefined)
  const { out, err } = context
  try {
    await run({ out, err, isTerminal: process.stderr.isTTY === true, stop: stop.signal })
  } finally {
    ended.abort()
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
  }
}

async function runDevNode(options: DevNodeOptions): Promise<void> {
  const { startDevNode } = await import('./devnode/devnode.ts')
  const node = await startDevNode(options)
  process.stderr.write(`devnode: listening on ${node.address}, data in ${options.dataDir}\n`)
  await interrupted()
  await node.close()
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process as usual. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}

/** A pause that Ctrl-C ends, so that watching ends with exit code 0. */
async function pause(durationMs: number): Promise<boolean> {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort)
  try {
    await wait(durationMs, undefined, { signal: stop.signal })
    return true
  } catch {
    return false
  } finally {
    process.off('SIGINT', abort)
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(manifest) as { version?: unknown }).version)
}

const context: CliContext = {
  version: version(),
  env: process.env,
  launchers,
  isTerminal: process.stdout.isTTY === true,
  input: () => process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  pause,
}

// A reader that goes away, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCli(process.argv.slice(2), context)
