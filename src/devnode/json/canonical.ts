import { printDouble } from '../../std/json-values.ts'
import { JsonFault, JsonScanner } from './scan.ts'

export { printDouble }

const PLAIN_INTEGER = /^-?[1-9]\d{0,17}$|^0$/
const PLAIN_FRACTION = /^-?\d{1,15}\.\d*[1-9]$/
const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const U64_MAX = 18446744073709551615n
const I64_MIN = -9223372036854775808n

/**
 * Reads a double as a real node does: up to 64 bits of digits times a power of ten, which is not always the
 * nearest double.
 */
function readDouble(token: string): number {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER_PARTS.exec(token) ?? []
  let digits = 0n
  let exponent = Number(power)
  for (const [at, digit] of [...(whole + fraction)].entries()) {
    const next = digits * 10n + BigInt(digit)
    const inWhole = at < whole.length
    if (next > U64_MAX) {
      if (inWhole) exponent += whole.length - at
      break
    }
    digits = next
    if (!inWhole) exponent--
  }
  let value = Number(digits)
  for (; exponent < -308 && value !== 0; exponent += 308) value /= 1e308
  value = exponent < 0 ? value / Number(`1e${-exponent}`) : value * Number(`1e${exponent}`)
  if (Number.isNaN(value)) value = 0
  return sign === '-' ? -value : value
}

/** A number token in the node's spelling: integers of 64 bits stay, everything else goes through a double. */
function canonicalNumber(token: string, whole: string, at: number): string {
  if (PLAIN_INTEGER.test(token)) return token
  if (/^-?\d+$/.test(token) && token !== '-0') {
    const value = BigInt(token)
    if (value <= U64_MAX && value >= I64_MIN) return token
  }
  // Most fractions are written with their shortest digits already.
  const plain = token.length <= 16 && PLAIN_FRACTION.test(token) && String(Number(token)) === token
  if (plain && Math.abs(Number(token)) >= 1e-5) return token
  const value = readDouble(token)
  if (!Number.isFinite(value)) throw new JsonFault('number out of range', whole, at)
  return printDouble(value)
}

/** A string token in the node's spelling; lone surrogates are refused as a node refuses them. */
function canonicalString(token: string, whole = token, start = 0): string {
  if (!token.includes('\\')) return token
  if (/\\u[dD][89a-fA-F]/.test(token)) checkSurrogates(token, whole, start)
  return JSON.stringify(JSON.parse(token))
}

function checkSurrogates(token: string, whole: string, start: number): void {
  for (let at = 0; at < token.length; at++) {
    if (token.charAt(at) !== '\\') continue
    at++
    if (token.charAt(at) !== 'u') continue
    const unit = Number.parseInt(token.slice(at + 1, at + 5), 16)
    at += 4
    if (unit < 0xd800 || unit > 0xdfff) continue
    const lone = 'lone leading surrogate in hex escape'
    if (unit >= 0xdc00) throw new JsonFault(lone, whole, start + at + 1)
    if (token.slice(at + 1, at + 3) !== '\\u') {
      throw new JsonFault('unexpected end of hex escape', whole, start + at + 2)
    }
    const low = Number.parseInt(token.slice(at + 3, at + 7), 16)
    if (low < 0xdc00 || low > 0xdfff) throw new JsonFault(lone, whole, start + at + 7)
    at += 6
  }
}

/**
 * Rewrites one checked value the way a node stores and prints it; key order stays, a repeated key keeps its
 * last value.
 */
export function canonicalValue(raw: string): string {
  const first = raw.charCodeAt(0)
  if (first === 34) return canonicalString(raw)
  if (first !== 123 && first !== 91) {
    return first === 45 || (first >= 48 && first <= 57) ? canonicalNumber(raw, raw, raw.length) : raw
  }
  return rewrite(new JsonScanner(raw))
}

function rewrite(scanner: JsonScanner): string {
  const code = scanner.peek()
  const start = scanner.at
  if (code === 123) {
    const members = new Map<string, string>()
    scanner.eachMember((rawKey) => {
      const key = canonicalString(rawKey, scanner.source, start)
      members.set(key, rewrite(scanner))
    })
    return `{${Array.from(members, ([key, value]) => `${key}:${value}`).join(',')}}`
  }
  if (code === 91) {
    const elements: string[] = []
    scanner.eachElement(() => {
      elements.push(rewrite(scanner))
    })
    return `[${elements.join(',')}]`
  }
  scanner.skipValue()
  const token = scanner.source.slice(start, scanner.at)
  if (code === 34) return canonicalString(token, scanner.source, start)
  if (code === 45 || (code >= 48 && code <= 57)) return canonicalNumber(token, scanner.source, scanner.at)
  return token
}

/** One top-level member of a document: its name, and its value in the node's spelling. */
export type Member = readonly [name: string, value: string]

/**
 * Splits a document that was checked before into members; a repeated name keeps its first place and last
 * value.
 */
export function documentMembers(raw: string): Member[] {
  const members = new Map<string, string>()
  const scanner = new JsonScanner(raw)
  scanner.peek()
  scanner.eachMember((rawKey) => {
    const start = scanner.at
    scanner.skipValue()
    members.set(JSON.parse(rawKey), canonicalValue(raw.slice(start, scanner.at)))
  })
  return [...members]
}
