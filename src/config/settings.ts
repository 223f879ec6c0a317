import { readFileSync } from 'node:fs'
import { type ConfigKey, configKeys, findKey } from './keys.ts'
import type { Origin, Setting } from './origins.ts'
import type { ConfigProblem } from './problems.ts'
import { suggest } from './suggest.ts'

/** What the environment or the command line says; problems instead of exceptions. */
export interface Settings {
  readonly settings: readonly Setting[]
  readonly problems: readonly ConfigProblem[]
  readonly warnings: readonly string[]
}

/** Text becomes what the key's type needs. Text that does not fit stays text, and validation says so. */
export function readText(key: ConfigKey, text: string): { value: unknown } | { fault: string } {
  switch (key.schema.type) {
    case 'integer':
      return { value: /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text }
    case 'boolean':
      return { value: text === 'true' ? true : text === 'false' ? false : text }
    case 'array':
      return readJson(text)
    default:
      return { value: text }
  }
}

function readJson(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { fault: 'is not valid JSON' }
  }
}

/** Reads `--set key=value` arguments, in order. */
export function readArguments(sets: readonly string[]): Settings {
  const settings: Setting[] = []
  const problems: ConfigProblem[] = []
  for (const set of sets) {
    const split = set.indexOf('=')
    const path = (split < 0 ? set : set.slice(0, split)).trim()
    const found = readArgument(path, split < 0 ? null : set.slice(split + 1))
    if ('origin' in found) settings.push(found)
    else problems.push(found)
  }
  return { settings, problems, warnings: [] }
}

function readArgument(path: string, text: string | null): Setting | ConfigProblem {
  const at = '--set'
  const key = findKey(path)
  if (key === undefined) return unknownArgument(path)
  if (text === null) return { at, key: path, wrong: 'has no value', write: `write \`--set ${path}=value\`` }
  if (key.secret) {
    const wrong = 'a secret on the command line can be read by every user of the machine'
    return {
      at,
      key: path,
      wrong,
      write: `write it into ${key.variable}, or its file's path into ${key.variable}_FILE`,
    }
  }
  const read = readText(key, text)
  if ('fault' in read)
    return { at, key: path, wrong: read.fault, write: `write JSON such as ${jsonExample(key)}` }
  return { path, value: read.value, origin: { kind: 'argument', argument: at } }
}

function unknownArgument(path: string): ConfigProblem {
  const meant = suggest(
    path,
    configKeys.map((key) => key.path),
  )
  const write =
    meant === undefined
      ? 'write one of the keys that `miroir config show` lists'
      : `did you mean \`${meant}\`? write that instead`
  return { at: '--set', key: path, wrong: 'there is no such key', write }
}

export function jsonExample(key: ConfigKey): string {
  const members = Object.entries(key.schema.items?.properties ?? {})
  const entry = Object.fromEntries(
    members.map(([name, member]) => [name, member.examples?.[0] ?? member.default]),
  )
  return JSON.stringify([entry])
}

/**
 * A secret kept in a file of its own, as container platforms mount them; one trailing line end is not part of
 * it.
 */
export function readSecretFile(variable: string, path: string, key: string): Setting | ConfigProblem {
  const origin: Origin = { kind: 'environment', variable }
  try {
    return { path: key, value: readFileSync(path, 'utf8').replace(/\r?\n$/, ''), origin }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    const wrong = `the file ${JSON.stringify(path)} cannot be read (${reason})`
    return { at: `environment ${variable}`, key, wrong, write: 'write the path of a readable file' }
  }
}
