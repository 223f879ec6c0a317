import { elementsOf, membersOf, memberValue } from '../../std/json-members.ts'
import { numberText } from '../../std/json-quote.ts'

/*
 * Two texts of one document differ in what says nothing: space, escapes, spelling of numbers, order and
 * repetition of keys. The canonical text has none of it, so that equal documents are equal texts.
 */

/** Canonical text of a JSON object, without one of its top-level members if named. Throws `SyntaxError`. */
export function canonicalDocument(document: string, without?: string): string {
  return canonicalObject(document, without)
}

/**
 * The document's identifier as nodes spell it: `"7"` and `7` are one. `primaryKey` may be nested (`a.b`).
 * Null: it has none.
 */
export function identityOf(document: string, primaryKey: string): string | null {
  const token = valueAt(document, primaryKey)
  if (token === null || !/^["\d-]/.test(token)) return null
  return token.startsWith('"') ? String(JSON.parse(token)) : token
}

/** A key with dots may be one key, or a path through objects; or both, as in `{"a":{"b.c":1}}`. */
function valueAt(document: string, path: string): string | null {
  const members = membersOf(document)
  const whole = memberValue(members, path)
  if (whole !== undefined) return whole
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = memberValue(members, path.slice(0, dot))
    if (inner?.startsWith('{') !== true) continue
    const found = valueAt(inner, path.slice(dot + 1))
    if (found !== null) return found
  }
  return null
}

function canonicalObject(text: string, without?: string): string {
  const values = new Map<string, string>()
  for (const { key, value } of membersOf(text)) values.set(key, value)
  if (without !== undefined) values.delete(without)
  const keys = [...values.keys()].sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalValue(values.get(key) ?? 'null')}`).join(',')}}`
}

function canonicalValue(text: string): string {
  switch (text[0]) {
    case '{':
      return canonicalObject(text)
    case '[':
      return `[${elementsOf(text).map(canonicalValue).join(',')}]`
    case '"':
      return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text
    case 't':
    case 'f':
    case 'n':
      return text
    default:
      return numberText(text)
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[^"\d-]+/g
/** Four units in the last place of a double. */
const ROUNDING = 2 ** -50

/**
 * True when two canonical texts differ in nothing but the last digits of floats. Nodes read a number of 17
 * digits up to a unit in the last place off (0.11791870367106105 comes back as 0.11791870367106104), so that
 * no copy of such a document through HTTP can be exact.
 */
export function sameButRounding(one: string, other: string): boolean {
  const ones = one.match(TOKEN) ?? []
  const others = other.match(TOKEN) ?? []
  return ones.length === others.length && ones.every((token, at) => sameToken(token, others[at] ?? ''))
}

function sameToken(one: string, other: string): boolean {
  if (one === other) return true
  if (!isFloat(one) || !isFloat(other)) return false
  return Math.abs(Number(one) - Number(other)) <= Math.abs(Number(one)) * ROUNDING
}

function isFloat(token: string): boolean {
  return !token.startsWith('"') && /^-?\d.*[.e]/.test(token)
}
