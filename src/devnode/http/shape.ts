import type { MiroirError } from '../../model/errors.ts'
import { printDouble } from '../json/canonical.ts'
import { refuse } from './refusal.ts'

/** A plain JSON object whose members are not known yet. */
export type Loose = { readonly [key: string]: unknown }

/** Where a value sits, as the error texts print it (`.a[0]`), and the code to refuse it with. */
export interface Spot {
  readonly path: string
  readonly code: string
}

export const inside = (spot: Spot, key: string | number): Spot => ({
  path: typeof key === 'number' ? `${spot.path}[${key}]` : `${spot.path}.${key}`,
  code: spot.code,
})

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'a boolean'
  if (typeof value === 'string') return 'a string'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (!Number.isInteger(value)) return 'a number'
  return Number(value) < 0 ? 'a negative integer' : 'a positive integer'
}

/** JSON text as error messages quote it. */
export function quoteJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return printDouble(value)
  return JSON.stringify(value)
}

function wrongType(spot: Spot, expected: string, value: unknown): MiroirError {
  const at = spot.path === '' ? '' : ` at \`${spot.path}\``
  const found = value === null ? 'null' : `${kindOf(value)}: \`${quoteJson(value)}\``
  return refuse(spot.code, `Invalid value type${at}: expected ${expected}, but found ${found}`)
}

export function wrongValue(spot: Spot, reason: string): MiroirError {
  const at = spot.path === '' ? '' : ` at \`${spot.path}\``
  return refuse(spot.code, `Invalid value${at}: ${reason}`)
}

export const ticks = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

/** A misspelling is worth a hint when it is this near. */
function nearest(name: string, accepted: readonly string[]): string {
  for (const candidate of accepted) {
    const longest = Math.max(candidate.length, name.length)
    if (longest > 2 && distance(name, candidate) <= Math.min(2, Math.floor(longest / 3))) {
      return ` did you mean \`${candidate}\`?`
    }
  }
  return ''
}

function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const change = left.charAt(row - 1) === right.charAt(column - 1) ? 0 : 1
      const best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + change,
      )
      current.push(best)
    }
    previous = current
  }
  return previous[right.length] ?? 0
}

export function unknownName(
  word: 'field' | 'parameter',
  name: string,
  accepted: readonly string[],
  spot: Spot = { path: '', code: 'bad_request' },
): MiroirError {
  const where = spot.path === '' ? '' : ` inside \`${spot.path}\``
  const label = word === 'field' ? 'Unknown field' : 'Unknown parameter'
  const text = `${label} \`${name}\`${where}:${nearest(name, accepted)} expected one of ${ticks(accepted)}`
  return refuse(spot.code, text)
}

export function expectObject(value: unknown, spot: Spot): Loose {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(spot, 'an object', value)
  }
  return value as Loose
}

export function expectArray(value: unknown, spot: Spot): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongType(spot, 'an array', value)
  return value
}

export function expectString(value: unknown, spot: Spot): string {
  if (typeof value !== 'string') throw wrongType(spot, 'a string', value)
  return value
}

export function expectBoolean(value: unknown, spot: Spot): boolean {
  if (typeof value !== 'boolean') throw wrongType(spot, 'a boolean', value)
  return value
}

export function expectCount(value: unknown, spot: Spot): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw wrongType(spot, 'a positive integer', value)
  }
  return value
}

export function expectNumber(value: unknown, spot: Spot): number {
  if (typeof value !== 'number') throw wrongType(spot, 'a number', value)
  return value
}

export function expectStrings(value: unknown, spot: Spot): string[] {
  return expectArray(value, spot).map((element, index) => expectString(element, inside(spot, index)))
}

export function expectOneOf<T extends string>(value: unknown, accepted: readonly T[], spot: Spot): T {
  const found = expectString(value, spot)
  const match = accepted.find((name) => name === found)
  if (match !== undefined) return match
  const at = spot.path === '' ? '' : ` at \`${spot.path}\``
  throw refuse(spot.code, `Unknown value \`${found}\`${at}: expected one of ${ticks(accepted)}`)
}
