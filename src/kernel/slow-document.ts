import { text } from '../std/bytes.ts'
import { ROW_FLAG } from './kernel.ts'

/*
 * The slow reading of one document, for what the kernel leaves to it: escapes in names or in the primary
 * key's value, and primary keys with dots. The document was validated before, so scanning needs no checks.
 */

export interface SlowDocument {
  readonly flags: number
  readonly keyStart: number
  readonly keyEnd: number
  /** Canonical text of a valid key. */
  readonly key: string | null
}

interface Member {
  readonly name: string
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** @param start position of the document's `{` in `body` */
export function readSlowly(body: Uint8Array, start: number, primaryKey: string | null): SlowDocument {
  const flags = nameFlags(body, start)
  if (primaryKey === null) return { flags, keyStart: 0, keyEnd: 0, key: null }
  const found = candidates(body, start, primaryKey)
  const last = found.at(-1)
  if (last === undefined) return { flags: flags | ROW_FLAG.keyMissing, keyStart: 0, keyEnd: 0, key: null }
  // a node refuses a document that has its key at several places
  const key = found.length === 1 ? canonicalKey(text(body.subarray(last.start, last.end))) : null
  return {
    flags: key === null ? flags | ROW_FLAG.keyInvalid : flags,
    keyStart: last.start,
    keyEnd: last.end,
    key,
  }
}

/** The text that is hashed for a key's JSON token; null when a node would not take it as a key. */
function canonicalKey(token: string): string | null {
  if (token.startsWith('"')) {
    const value: unknown = JSON.parse(token)
    return typeof value === 'string' && /^[A-Za-z0-9_-]{1,511}$/.test(value) ? value : null
  }
  if (!/^-?\d{1,20}$/.test(token) || token === '-0') return null
  const value = BigInt(token)
  return value >= -(2n ** 63n) && value < 2n ** 64n ? token : null
}

/** Values under `path` or under any way to cut it at its dots; of equal names the last counts. */
function candidates(body: Uint8Array, at: number, path: string): Member[] {
  const last = new Map<string, Member>()
  for (const member of members(body, at)) last.set(member.name, member)
  const found: Member[] = []
  for (const member of last.values()) {
    if (member.name === path) found.push(member)
    else if (path.startsWith(`${member.name}.`) && body[member.start] === OPEN_BRACE)
      found.push(...candidates(body, member.start, path.slice(member.name.length + 1)))
  }
  return found
}

function nameFlags(body: Uint8Array, start: number): number {
  let flags = 0
  let count = 0
  for (const { name } of members(body, start)) {
    count++
    if (name === '_geo') flags |= ROW_FLAG.geo
    if (name === '_vectors') flags |= ROW_FLAG.vectors
  }
  if (count === 0) flags |= ROW_FLAG.empty
  return hasReserved(body, start, true) ? flags | ROW_FLAG.reserved : flags
}

function hasReserved(body: Uint8Array, at: number, isTop: boolean): boolean {
  for (const { name, start } of members(body, at)) {
    if (name.startsWith('_miroir_') && !(isTop && name === '_miroir_expires_at')) return true
    if (isContainer(body, start) && hasReserved(body, start, false)) return true
  }
  return false
}

function isContainer(body: Uint8Array, at: number): boolean {
  return body[at] === OPEN_BRACE || body[at] === OPEN_BRACKET
}

/** Members of the object, or elements of the array (with an empty name), that begins at `at`. */
function* members(body: Uint8Array, at: number): Generator<Member> {
  const hasNames = body[at] === OPEN_BRACE
  let p = skipSpace(body, at + 1)
  while (body[p] !== CLOSE_BRACE && body[p] !== CLOSE_BRACKET) {
    let name = ''
    if (hasNames) {
      const end = valueEnd(body, p)
      name = String(JSON.parse(text(body.subarray(p, end))))
      p = skipSpace(body, skipSpace(body, end) + 1)
    }
    const end = valueEnd(body, p)
    yield { name, start: p, end }
    p = skipSpace(body, end)
    if (body[p] === COMMA) p = skipSpace(body, p + 1)
  }
}

function skipSpace(body: Uint8Array, at: number): number {
  let p = at
  while (body[p] === 0x20 || body[p] === 0x0a || body[p] === 0x0d || body[p] === 0x09) p++
  return p
}

function valueEnd(body: Uint8Array, at: number): number {
  if (body[at] === QUOTE) return stringEnd(body, at)
  let p = at
  if (!isContainer(body, at)) {
    while (p < body.length && !/[\s,\]}]/.test(String.fromCharCode(body[p] ?? 0))) p++
    return p
  }
  let depth = 0
  do {
    const byte = body[p]
    if (byte === QUOTE) {
      p = stringEnd(body, p)
      continue
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    p++
  } while (depth > 0)
  return p
}

function stringEnd(body: Uint8Array, at: number): number {
  let p = at + 1
  while (body[p] !== QUOTE) p += body[p] === BACKSLASH ? 2 : 1
  return p + 1
}
