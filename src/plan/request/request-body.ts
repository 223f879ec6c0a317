import { type JsonMember, membersOf } from '../../std/json-members.ts'
import { isObject, isStringList, parsedJson } from '../../std/json-values.ts'

/** A JSON object as a client wrote it. */
export interface RequestBody {
  readonly text: string
  /** In order, duplicates included. */
  readonly members: readonly JsonMember[]
  /** Text and value of the last member of a name. */
  readonly texts: ReadonlyMap<string, string>
  readonly values: Readonly<Record<string, unknown>>
}

const U64_MAX = 18446744073709551615n

/** Null when the text is no JSON or no object. */
export function readBody(text: string): RequestBody | null {
  const value = parsedJson(text)
  if (!isObject(value)) return null
  const members = membersOf(text)
  const texts = new Map(members.map((member) => [member.key, member.value]))
  return { text, members, texts, values: value }
}

/** The value of a member; null when it is absent too, as nodes have it for most members. */
export function givenValue(body: RequestBody, key: string): unknown {
  return Object.hasOwn(body.values, key) ? (body.values[key] ?? null) : null
}

/**
 * The text of an unsigned number, or `initial`; null when it is none that a node takes: `1.0` and `1e2` are
 * not.
 */
export function unsignedText(body: RequestBody, key: string, initial: string): string | null {
  const text = body.texts.get(key) ?? initial
  return /^(?:0|[1-9]\d{0,19})$/.test(text) && (text.length < 20 || BigInt(text) <= U64_MAX) ? text : null
}

export function toSafe(text: string): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Number(text))
}

/** Null when absent or null; undefined when it is no list of strings. */
export function stringList(body: RequestBody, key: string): readonly string[] | null | undefined {
  const value = givenValue(body, key)
  if (value === null) return null
  return isStringList(value) ? value : undefined
}

/** Elements of the outer filter array as JSON texts; null when only a node can judge the filter. */
export function filterElements(body: RequestBody): readonly string[] | null {
  const value = givenValue(body, 'filter')
  if (value === null) return []
  const text = body.texts.get('filter') ?? ''
  // A blank expression filters nothing; as one of several elements it could mean something else.
  if (typeof value === 'string') return value.trim() === '' ? [] : [text]
  if (!Array.isArray(value)) return null
  return value.length === 0 ? [] : [text.slice(1, -1)]
}
