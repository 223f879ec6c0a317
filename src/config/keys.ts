import { z } from 'zod'
import { schema } from './schema.ts'

/** The part of JSON Schema (draft 2020-12) that our schema produces. */
export interface KeySchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly examples?: readonly unknown[]
  readonly writeOnly?: boolean
  readonly anyOf?: readonly KeySchema[]
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly items?: KeySchema
}

/** A key that can be set from the environment and with `--set`: everything that is not a section. */
export interface ConfigKey {
  /** `server.port` */
  readonly path: string
  /** `MIROIR_SERVER__PORT` */
  readonly variable: string
  readonly secret: boolean
  readonly schema: KeySchema
}

/** JSON Schema of the file, for editors and for `miroir config schema`. */
export function jsonSchema(): KeySchema {
  return { title: 'miroir configuration', ...z.toJSONSchema(schema, { io: 'input' }) } as KeySchema
}

const root = jsonSchema()

export const configKeys: readonly ConfigKey[] = collect(root, [])

export function findKey(path: string): ConfigKey | undefined {
  return configKeys.find((key) => key.path === path)
}

export function variableOf(path: string): string {
  return `MIROIR_${path.replaceAll('.', '__').toUpperCase()}`
}

/** Schema at a path of names and list positions; undefined where nothing is defined. */
export function schemaAt(path: readonly PropertyKey[]): KeySchema | undefined {
  let found: KeySchema | undefined = root
  for (const step of path) found = typeof step === 'number' ? found?.items : found?.properties?.[String(step)]
  return found === undefined ? undefined : withoutNull(found)
}

function collect(section: KeySchema, path: readonly string[]): ConfigKey[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, member]) => {
    const memberPath = [...path, name]
    if (member.properties !== undefined) return collect(member, memberPath)
    const dotted = memberPath.join('.')
    const secret = member.writeOnly === true
    return [{ path: dotted, variable: variableOf(dotted), secret, schema: withoutNull(member) }]
  })
}

/** A nullable key is a union with null; what can be written is its other half. */
function withoutNull(member: KeySchema): KeySchema {
  const written = member.anyOf?.find((choice) => choice.type !== 'null')
  if (written === undefined) return member
  const { anyOf: _, ...rest } = member
  return { ...rest, ...written }
}
