import { type Environment, isProduction, readEnvironment } from './environment.ts'
import { type ConfigFile, readConfigFile } from './file.ts'
import { configKeys, schemaAt } from './keys.ts'
import { camelKeys } from './names.ts'
import { describeOrigin, getAt, isTree, type Origin, type Setting, setAt, type Tree } from './origins.ts'
import { ConfigError, type ConfigProblem, type Finding } from './problems.ts'
import { checkRules, originOf } from './rules.ts'
import { type Config, schema, type WrittenConfig } from './schema.ts'
import { readArguments } from './settings.ts'
import { findingsOf } from './wording.ts'

export interface ConfigSources {
  /** Path of the YAML file, or null to run without one. */
  readonly file: string | null
  readonly env: Environment
  /** `--set` arguments, `a.b=value` each. */
  readonly sets: readonly string[]
}

export interface LoadedConfig {
  readonly config: Config
  /** The same values as the file would spell them. */
  readonly written: WrittenConfig
  /** For every key, by dotted path, where its value came from. */
  readonly origins: ReadonlyMap<string, Origin>
  /** Things that are ignored, worth telling once. */
  readonly warnings: readonly string[]
  readonly file: string | null
}

/**
 * Defaults < file < environment < `--set`, validated as a whole. Throws `ConfigError` with every problem
 * there is.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file = sources.file === null ? null : readConfigFile(sources.file)
  const environment = readEnvironment(sources.env)
  const given = readArguments(sources.sets)
  const settings = [...environment.settings, ...given.settings]
  const tree = merge(file?.tree ?? {}, settings)
  const origins = originsOf(sources.file, file, settings)
  // A file that cannot be parsed says nothing about the rest: judging the other layers alone would mislead.
  const readable = file === null || file.problems.length === 0
  const { written, findings } = readable ? validate(tree, isProduction(sources.env)) : NOT_VALIDATED
  const problems = [
    ...(file?.problems ?? []),
    ...inOrder(findings, sources.file, file, origins),
    ...environment.problems,
    ...given.problems,
  ]
  if (problems.length > 0 || written === null) throw new ConfigError(problems)
  return { config: camelKeys(written), written, origins, warnings: environment.warnings, file: sources.file }
}

/**
 * `serve` cannot do anything without nodes, though the defaults are a valid configuration. Throws
 * `ConfigError`.
 */
export function requireNodes(loaded: LoadedConfig): void {
  if (loaded.config.nodes.length > 0) return
  const origin = loaded.origins.get('nodes') ?? { kind: 'default' }
  const unwritten = origin.kind === 'default' && loaded.file !== null
  const at = unwritten ? `${loaded.file}:1:1` : describeOrigin(origin)
  const wrong = 'no Meilisearch node is configured'
  const write =
    `write \`nodes: [{id: node-a, address: "http://127.0.0.1:7701", replica_group: 0}]\` into ` +
    `${loaded.file ?? 'miroir.yaml'}, or run \`miroir demo\` to try it without nodes`
  throw new ConfigError([{ at, key: 'nodes', wrong, write }])
}

function merge(fileTree: Tree, settings: readonly Setting[]): Tree {
  const tree = structuredClone(fileTree)
  dropEmptyValues(tree, [])
  for (const { path, value } of settings) setAt(tree, path, value)
  return tree
}

/** `server:` with every line below it commented out reads as null and means: all defaults. */
function dropEmptyValues(tree: Tree, path: readonly string[]): void {
  for (const [name, value] of Object.entries(tree)) {
    const memberPath = [...path, name]
    if (value === null && schemaAt(memberPath) !== undefined) delete tree[name]
    else if (isTree(value)) dropEmptyValues(value, memberPath)
  }
}

interface Validated {
  readonly written: WrittenConfig | null
  readonly findings: readonly Finding[]
}

const NOT_VALIDATED: Validated = { written: null, findings: [] }

function validate(tree: Tree, production: boolean): Validated {
  const parsed = schema.safeParse(tree)
  if (parsed.success)
    return { written: withBareOrigins(parsed.data), findings: checkRules(parsed.data, { production }, []) }
  const findings = findingsOf(parsed.error.issues, tree)
  // Rules still run on what is sound, so that one run shows every problem.
  const checked = schema.safeParse(withoutFindings(tree, findings))
  const broken = findings.filter(({ aboutName }) => aboutName !== true).map(({ path }) => keyPath(path))
  const more = checked.success ? checkRules(checked.data, { production }, broken) : []
  return { written: null, findings: [...findings, ...more] }
}

/** A copy in which everything that was found wrong is left out; a list with a wrong entry goes as a whole. */
function withoutFindings(tree: Tree, findings: readonly Finding[]): Tree {
  const copy = structuredClone(tree)
  for (const { path, aboutName } of findings) {
    const end = aboutName === true ? -1 : path.findIndex((step) => typeof step === 'number')
    const target = end < 0 ? path : path.slice(0, end)
    const parent = getAt(copy, target.slice(0, -1))
    if (isTree(parent)) delete parent[String(target.at(-1))]
  }
  return copy
}

function withBareOrigins(config: WrittenConfig): WrittenConfig {
  const nodes = config.nodes.map((node) => ({ ...node, address: originOf(node.address) ?? node.address }))
  return { ...config, nodes }
}

function originsOf(
  name: string | null,
  file: ConfigFile | null,
  settings: readonly Setting[],
): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>()
  for (const { path } of configKeys) {
    const steps = path.split('.')
    const written = file !== null && name !== null && (getAt(file.tree, steps) ?? null) !== null
    if (written) origins.set(path, { kind: 'file', file: name, ...file.locate(steps, 'value') })
    else origins.set(path, { kind: 'default' })
  }
  for (const { path, origin } of settings) origins.set(path, origin)
  return origins
}

/** Gives findings their place and sorts them as a reader of the file meets them. */
function inOrder(
  findings: readonly Finding[],
  name: string | null,
  file: ConfigFile | null,
  origins: ReadonlyMap<string, Origin>,
): readonly ConfigProblem[] {
  const placed = findings.map((finding) => {
    const origin = origins.get(keyPath(finding.path))
    const outside = origin !== undefined && origin.kind !== 'file' && origin.kind !== 'default'
    const place =
      outside || file === null ? null : file.locate(finding.path, finding.aboutName ? 'name' : 'value')
    const at =
      place === null ? describeOrigin(origin ?? { kind: 'default' }) : `${name}:${place.line}:${place.column}`
    const problem = { at, key: pathText(finding.path), wrong: finding.wrong, write: finding.write }
    return { problem, line: place?.line ?? Number.MAX_SAFE_INTEGER, column: place?.column ?? 0 }
  })
  placed.sort((left, right) => left.line - right.line || left.column - right.column)
  return placed.map(({ problem }) => problem)
}

/** The settable key a path belongs to: `nodes.0.id` belongs to `nodes`. */
function keyPath(path: readonly PropertyKey[]): string {
  const end = path.findIndex((step) => typeof step === 'number')
  return path
    .slice(0, end < 0 ? path.length : end)
    .map(String)
    .join('.')
}

/** `nodes[0].id` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  )
}
