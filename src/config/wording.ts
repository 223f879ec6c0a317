import type { z } from 'zod'
import { type KeySchema, schemaAt } from './keys.ts'
import { getAt, type Tree } from './origins.ts'
import type { Finding } from './problems.ts'
import { suggest } from './suggest.ts'

const SHOWN_CHARACTERS_MAX = 60

/** Turns what the schema found into what is wrong and what to write, in our words. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], tree: Tree): readonly Finding[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => unknownName(issue.path, name))
      : [wrongValue(issue.path, getAt(tree, issue.path))],
  )
}

function unknownName(path: readonly PropertyKey[], name: string): Finding {
  const known = Object.keys(schemaAt(path)?.properties ?? {})
  const meant = suggest(name, known)
  const write =
    meant === undefined
      ? `write one of ${known.map((key) => `\`${key}\``).join(', ')} instead`
      : `did you mean \`${meant}\`? write that instead`
  return { path: [...path, name], aboutName: true, wrong: 'there is no such key', write }
}

function wrongValue(path: readonly PropertyKey[], value: unknown): Finding {
  const schema = schemaAt(path) ?? {}
  const wrong =
    value === undefined || value === null
      ? 'is missing'
      : `${mayHoldSecret(schema) ? 'the value' : shown(value)} is not ${expected(schema)}`
  return { path, wrong, write: `write ${instead(schema)}` }
}

function mayHoldSecret({ writeOnly, type }: KeySchema): boolean {
  return writeOnly === true || type === 'object'
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}

function expected(schema: KeySchema): string {
  if (schema.enum !== undefined) return 'one of the possible words'
  switch (schema.type) {
    case 'integer':
      return `a whole number from ${schema.minimum ?? 0} to ${schema.maximum ?? 'any'}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a section'
    default:
      return schema.description?.includes('letters') ? 'a name' : 'a text'
  }
}

function instead(schema: KeySchema): string {
  if (schema.enum !== undefined) return `${wordList(schema.enum)} instead`
  switch (schema.type) {
    case 'integer':
      return typeof schema.default === 'number'
        ? `a number such as ${schema.default} instead`
        : 'a number instead'
    case 'boolean':
      return 'true or false, without quotes, instead'
    case 'array':
      return `a list of entries such as ${entryExample(schema.items)} instead`
    case 'object':
      return `keys such as ${Object.keys(schema.properties ?? {})
        .slice(0, 3)
        .map((key) => `\`${key}\``)
        .join(', ')} instead`
    default:
      return `a text such as ${JSON.stringify(schema.examples?.[0] ?? 'text')} instead`
  }
}

function entryExample(items: KeySchema | undefined): string {
  const members = Object.entries(items?.properties ?? {})
  return `{${members.map(([name, member]) => `${name}: ${String(member.examples?.[0] ?? member.default)}`).join(', ')}}`
}

function wordList(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
