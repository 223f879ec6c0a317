import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { isObject, parsedJson } from '../std/json-values.ts'
import { type ConfigOptions, loadFor } from './arguments.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** A server and the key to use there. */
export interface ServerPlace {
  readonly url: string
  readonly key: string | null
}

/** An address without slash at its end. `option` is named where it is wrong. */
export function addressOf(url: string, option: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '')
  const message = `${option}: ${JSON.stringify(url)} is not an address; write one such as http://127.0.0.1:7700`
  throw new CommandFailure(EXIT.invalid, message)
}

/** What is written behind an option, or in the environment, or in the file that the environment names. */
export function secretOf({ env }: CliContext, given: string | undefined, variable: string): string | null {
  const written = given ?? env[variable] ?? ''
  if (written !== '') return written
  const file = env[`${variable}_FILE`] ?? ''
  if (file === '') return null
  return readText(file, `${variable}_FILE`).trim()
}

/** The miroir that the configuration describes, as its clients reach it from this machine. */
export function localPlace(context: CliContext, options: ConfigOptions): ServerPlace {
  const { config } = loadFor(context, options)
  const { bind, port } = config.server
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, key: config.masterKey }
}

function readText(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new CommandFailure(
      EXIT.invalid,
      `${option}: ${JSON.stringify(path)} cannot be read; write the path of a readable file`,
    )
  }
}

type EmbedderKeys = Readonly<Record<string, Readonly<Record<string, string>>>>

/** `{"index":{"embedder":"key"}}` */
export function readEmbedderKeys(path: string | undefined): EmbedderKeys {
  if (path === undefined) return {}
  const value = parsedJson(readText(path, '--embedder-keys'))
  const isKeys = (keys: unknown): boolean =>
    isObject(keys) && Object.values(keys).every((key) => typeof key === 'string')
  if (isObject(value) && Object.values(value).every(isKeys)) return value as EmbedderKeys
  throw new CommandFailure(
    EXIT.invalid,
    `--embedder-keys: ${JSON.stringify(path)} is not of the form {"index":{"embedder":"key"}}`,
  )
}

/** `a,b` adds to what was written before. */
export function addNames(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')]
}

export function addPath(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const SIZE_MAX = 1e9

/** `20m`, `500k`, `1000000` */
export function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? []
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN)
  if (Number.isSafeInteger(size) && size >= 1 && size <= SIZE_MAX) return size
  throw new InvalidArgumentError('Write a number of bytes such as 20m, from 1 to 1g.')
}

export function parseDelimiter(text: string): string {
  if (/^[\x20-\x7e\t]$/.test(text)) return text
  throw new InvalidArgumentError('Write one ASCII character.')
}
