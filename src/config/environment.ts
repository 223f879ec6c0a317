import { type ConfigKey, configKeys, findKey, variableOf } from './keys.ts'
import type { Setting } from './origins.ts'
import type { ConfigProblem } from './problems.ts'
import { jsonExample, readSecretFile, readText, type Settings } from './settings.ts'
import { suggest } from './suggest.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Other names of keys. A later source in `readEnvironment` wins: Meilisearch's names, aliases, then exact
 * names.
 */
const MEILISEARCH_KEYS: Readonly<Record<string, string>> = { MEILI_MASTER_KEY: 'master_key' }
const ALIASES: Readonly<Record<string, string>> = { MIROIR_ADMIN_API_KEY: 'admin.api_key' }

/** Read by `miroir import` and `miroir export`, which have keys of their own. */
const COMMAND_VARIABLES = ['MIROIR_FROM_KEY', 'MIROIR_TO_KEY'].flatMap((name) => [name, `${name}_FILE`])

/** What Kubernetes and Docker inject for a service that happens to be called `miroir`. */
const SERVICE_LINK_NAME = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/
const SERVICE_LINK_VALUE = /^(tcp|udp):\/\//

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1000,
  kib: 1024,
  m: 1000 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
}

interface Found {
  readonly settings: Setting[]
  readonly problems: ConfigProblem[]
}

/**
 * Reads every variable that is meant for us. An empty variable counts as unset, as compose files leave them.
 */
export function readEnvironment(env: Environment): Settings {
  const found: Found = { settings: [], problems: [] }
  readMeilisearchNames(env, found)
  for (const [variable, path] of Object.entries(ALIASES)) readKey(env, variable, path, found)
  for (const key of configKeys) readKey(env, key.variable, key.path, found)
  return { ...found, warnings: unknownVariables(env) }
}

/** `MEILI_ENV=production` asks for Meilisearch's rule about the master key. */
export function isProduction(env: Environment): boolean {
  return env['MEILI_ENV'] === 'production'
}

function readKey(env: Environment, variable: string, path: string, found: Found): void {
  const key = findKey(path)
  if (key === undefined) return
  const fileVariable = `${variable}_FILE`
  const text = env[variable] ?? ''
  const file = key.secret ? (env[fileVariable] ?? '') : ''
  if (text !== '' && file !== '') {
    const wrong = `both ${variable} and ${fileVariable} are set`
    found.problems.push({ at: `environment ${fileVariable}`, key: path, wrong, write: 'write one of them' })
  } else if (file !== '') add(found, readSecretFile(fileVariable, file, path))
  else if (text !== '') add(found, readVariable(key, variable, text))
}

function readVariable(key: ConfigKey, variable: string, text: string): Setting | ConfigProblem {
  const read = readText(key, text)
  if ('value' in read) return fromVariable(key.path, read.value, variable)
  const at = `environment ${variable}`
  return { at, key: key.path, wrong: read.fault, write: `write JSON such as ${jsonExample(key)}` }
}

function fromVariable(path: string, value: unknown, variable: string): Setting {
  return { path, value, origin: { kind: 'environment', variable } }
}

function add(found: Found, result: Setting | ConfigProblem): void {
  if ('origin' in result) found.settings.push(result)
  else found.problems.push(result)
}

function readMeilisearchNames(env: Environment, found: Found): void {
  for (const [variable, path] of Object.entries(MEILISEARCH_KEYS)) readKey(env, variable, path, found)
  readMeilisearchAddress(env['MEILI_HTTP_ADDR'] ?? '', found)
  readMeilisearchSize(env['MEILI_HTTP_PAYLOAD_SIZE_LIMIT'] ?? '', found)
  const mode = env['MEILI_ENV'] ?? ''
  if (!['', 'development', 'production'].includes(mode)) {
    const wrong = `${JSON.stringify(mode)} is not a mode`
    const write = 'write `development` or `production` instead'
    found.problems.push({ at: 'environment MEILI_ENV', key: '', wrong, write })
  }
}

function readMeilisearchAddress(text: string, found: Found): void {
  if (text === '') return
  const variable = 'MEILI_HTTP_ADDR'
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text)
  if (parts === null) {
    const wrong = `${JSON.stringify(text)} is not an address with a port`
    const write = 'write one such as `0.0.0.0:7700` instead'
    found.problems.push({ at: `environment ${variable}`, key: 'server.bind', wrong, write })
    return
  }
  found.settings.push(fromVariable('server.bind', parts[1] ?? parts[2] ?? '', variable))
  if (parts[3] !== undefined) found.settings.push(fromVariable('server.port', Number(parts[3]), variable))
}

function readMeilisearchSize(text: string, found: Found): void {
  if (text === '') return
  const variable = 'MEILI_HTTP_PAYLOAD_SIZE_LIMIT'
  const path = 'server.max_body_bytes'
  const size = parseSize(text)
  if (size !== null) found.settings.push(fromVariable(path, size, variable))
  else {
    const wrong = `${JSON.stringify(text)} is not a size`
    const write = 'write one such as `100MB`, `100MiB` or `104857600` instead'
    found.problems.push({ at: `environment ${variable}`, key: path, wrong, write })
  }
}

/** `100 MB` is a decimal, `100MiB` a binary size, as Meilisearch reads them. Null when it is neither. */
function parseSize(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const unit = UNIT_BYTES[(parts?.[2] ?? '').toLowerCase()]
  return parts === null || unit === undefined ? null : Math.floor(Number(parts[1]) * unit)
}

function unknownVariables(env: Environment): readonly string[] {
  const known = knownVariables()
  return Object.keys(env)
    .filter((name) => name.startsWith('MIROIR_') && !known.includes(name) && !isServiceLink(name, env[name]))
    .sort()
    .map((name) => {
      const meant = suggest(name, known)
      const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
      return `environment ${name}: there is no such setting${hint}; it is ignored`
    })
}

function isServiceLink(name: string, value = ''): boolean {
  return SERVICE_LINK_NAME.test(name) || SERVICE_LINK_VALUE.test(value)
}

function knownVariables(): readonly string[] {
  const withFile = configKeys.filter((key) => key.secret).map((key) => `${variableOf(key.path)}_FILE`)
  const aliases = Object.keys(ALIASES).flatMap((alias) => [alias, `${alias}_FILE`])
  return [...configKeys.map((key) => key.variable), ...withFile, ...aliases, ...COMMAND_VARIABLES]
}
