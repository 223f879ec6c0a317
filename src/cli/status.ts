import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { parsedJson } from '../std/json-values.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { isWell, statusText } from './status-text.ts'
import { readTopology, type TopologyAnswer } from './topology-answer.ts'

const REQUEST_TIMEOUT_MS = 5000
const WATCH_INTERVAL_MS = 1000
/** Moves the cursor home and clears the screen. */
const REDRAW = '\u001b[H\u001b[2J'

interface StatusOptions {
  readonly url: string
  readonly adminKey?: string
  readonly output: 'text' | 'json'
  readonly watch: boolean
}

export function statusCommand(context: CliContext, exit: (exitCode: number) => void): Command {
  return new Command('status')
    .description('Show nodes, groups, shards and copies of a running miroir.')
    .option('-u, --url <url>', 'where it listens', 'http://127.0.0.1:7700')
    .option('-k, --admin-key <key>', 'admin key (default: environment MIROIR_ADMIN_API_KEY or …_FILE)')
    .addOption(
      new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json']).default('text'),
    )
    .option('-w, --watch', 'show it again every second, until Ctrl-C', false)
    .addHelpText(
      'after',
      `
With --watch a terminal is redrawn; elsewhere every answer is appended, with -o json as one line each.
Exits with 0 when all is well, 8 when something is degraded, 7 when the key is refused, 1 when nothing answers.

Examples:
  MIROIR_ADMIN_API_KEY=… miroir status
  miroir status --url http://10.0.0.5:7700 --admin-key … -o json
  miroir status --watch
`,
    )
    .action(async (options: StatusOptions) => exit(await status(context, options)))
}

async function status(context: CliContext, options: StatusOptions): Promise<number> {
  const url = checkedUrl(options.url)
  const key = options.adminKey ?? keyFromEnvironment(context)
  if (!options.watch) {
    const answer = await ask(url, key)
    context.out(render(url, answer, options))
    return isWell(answer) ? EXIT.ok : EXIT.degraded
  }
  do {
    const shown = await askAndRender(url, key, options)
    context.out(context.isTerminal ? REDRAW + shown : shown)
  } while (await context.pause(WATCH_INTERVAL_MS))
  return EXIT.ok
}

/** While watching, a failed request is news like any other; only a refused key ends it. */
async function askAndRender(url: string, key: string | null, options: StatusOptions): Promise<string> {
  try {
    return render(url, await ask(url, key), options)
  } catch (error) {
    if (!(error instanceof CommandFailure) || error.exitCode === EXIT.keyRefused) throw error
    return options.output === 'json' ? `${JSON.stringify({ error: error.message })}\n` : `${error.message}\n`
  }
}

function render(url: string, answer: TopologyAnswer, { output, watch }: StatusOptions): string {
  if (output === 'text') return statusText(url, answer)
  return `${watch ? JSON.stringify(answer) : JSON.stringify(answer, null, 2)}\n`
}

async function ask(url: string, key: string | null): Promise<TopologyAnswer> {
  const response = await request(`${url}/_miroir/topology`, url, key)
  if (response.status === 401 || response.status === 403) {
    const given = key === null ? 'no admin key was given' : 'the admin key was refused'
    const write = 'set MIROIR_ADMIN_API_KEY to the `admin.api_key` of that miroir, or write --admin-key'
    throw new CommandFailure(EXIT.keyRefused, `${url}: ${given}; ${write}`)
  }
  const answer = response.ok ? readTopology(parsedJson(await response.text())) : null
  if (answer !== null) return answer
  const hint = 'is it a miroir? write the address it serves clients on behind --url'
  throw new CommandFailure(EXIT.failure, `${url}: answered ${response.status} without a topology; ${hint}`)
}

async function request(target: string, url: string, key: string | null): Promise<Response> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  try {
    return await fetch(target, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
  } catch (error) {
    const hint = 'start it with `miroir serve` or `miroir demo`, or write its address behind --url'
    throw new CommandFailure(EXIT.failure, `${url}: cannot be reached (${reasonOf(error)}); ${hint}`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause ? String(cause.code) : cause.message
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '')
  const message = `--url: ${JSON.stringify(url)} is not an address; write one such as http://127.0.0.1:7700`
  throw new CommandFailure(EXIT.invalid, message)
}

function keyFromEnvironment({ env }: CliContext): string | null {
  for (const name of ['MIROIR_ADMIN__API_KEY', 'MIROIR_ADMIN_API_KEY']) {
    const key = env[name] ?? ''
    if (key !== '') return key
    const file = env[`${name}_FILE`] ?? ''
    if (file !== '') return readKeyFile(`${name}_FILE`, file)
  }
  return null
}

function readKeyFile(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const message = `${variable}: ${JSON.stringify(file)} cannot be read; write the path of a readable file`
    throw new CommandFailure(EXIT.invalid, message)
  }
}
