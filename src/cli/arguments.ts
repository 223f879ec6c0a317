import { existsSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { CliContext } from './context.ts'

/** Where a configuration is looked for when `--config` is not given. */
const DEFAULT_FILES = ['miroir.yaml', 'config/miroir.yaml', '/etc/miroir/config.yaml'] as const

export interface ConfigOptions {
  readonly config?: string
  readonly set: readonly string[]
}

export function fileOption(): Option {
  return new Option(
    '-c, --config <file>',
    `configuration file (default: the first of ${DEFAULT_FILES.join(', ')})`,
  )
}

export function setOption(): Option {
  return new Option(
    '-s, --set <key=value>',
    'one key of the configuration; may be repeated, wins over all else',
  )
    .argParser((text: string, before: readonly string[]) => [...before, text])
    .default([], 'nothing')
}

export function portOption(fallback?: number): Option {
  const option = new Option('-p, --port <number>', 'port to listen on').argParser(parsePort)
  return fallback === undefined ? option : option.default(fallback)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('Write a whole number from 1 to 65535.')
  return port
}

/** Loads what a command was pointed at. */
export function loadFrom({ env }: CliContext, options: ConfigOptions, file?: string): LoadedConfig {
  const chosen = file ?? options.config ?? DEFAULT_FILES.find((path) => existsSync(path)) ?? null
  return loadConfig({ file: chosen, env, sets: options.set })
}

/** The same, and tells on stderr what is ignored. */
export function loadFor(context: CliContext, options: ConfigOptions, file?: string): LoadedConfig {
  const loaded = loadFrom(context, options, file)
  for (const warning of loaded.warnings) context.err(`warning: ${warning}\n`)
  return loaded
}
