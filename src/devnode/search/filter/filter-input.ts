import { refuse } from '../../http/refusal.ts'
import { quoteJson } from '../../http/shape.ts'
import { parseFilterText } from '../filter-parser.ts'
import type { Filter } from './filter-tree.ts'

/**
 * Reads a filter from a request: a text, or an array whose elements all hold and whose inner arrays hold any.
 */
export function compileFilter(input: unknown, code: string): Filter | null {
  if (input === undefined || input === null) return null
  if (typeof input === 'string') return parseFilterText(input, code)
  if (!Array.isArray(input)) throw badType(code, 'String, Array', input)
  const parts: Filter[] = []
  for (const element of input) {
    const part = Array.isArray(element) ? anyOf(element, code) : oneText(element, 'String, [String]', code)
    if (part !== null) parts.push(part)
  }
  return combine('and', parts)
}

function anyOf(elements: readonly unknown[], code: string): Filter | null {
  const parts = elements.flatMap((element) => oneText(element, 'String', code) ?? [])
  return combine('or', parts)
}

function oneText(element: unknown, expected: string, code: string): Filter | null {
  if (typeof element !== 'string') throw badType(code, expected, element)
  return parseFilterText(element, code)
}

function combine(kind: 'and' | 'or', parts: readonly Filter[]): Filter | null {
  const [only] = parts
  if (only === undefined) return null
  return parts.length === 1 ? only : { kind, parts }
}

function badType(code: string, expected: string, value: unknown) {
  const text = `expected ${expected}, found: ${quoteJson(value)}`
  return refuse(code, `Invalid syntax for the filter parameter: \`${text}\`.`)
}
