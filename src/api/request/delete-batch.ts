import type { Call } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import { elementsOf } from '../../std/json-members.ts'
import { kindOf, numberText, quoted } from '../../std/json-quote.ts'
import { jsonFault } from '../../std/json-syntax.ts'
import { bodyText, requireJsonBody } from '../json-body.ts'
import { malformed } from './object-body.ts'

/**
 * Ids of a body that must be an array. Numbers keep all their digits; other values are told as JSON, as on a
 * node.
 */
export function requireIds(call: Call): string[] {
  requireJsonBody(call)
  const text = bodyText(call.body)
  const start = (text ?? '').search(/[^\s]/)
  if (text?.[start] === '{') throw notASequence('map', start)
  if (text === null || !isJson(text)) throw malformed(jsonFault(call.body) ?? 'invalid unicode code point')
  const value = text.trim()
  if (value.startsWith('[')) return elementsOf(value).map(idOf)
  throw notASequence(describe(value), Buffer.byteLength(text.trimEnd()))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function idOf(element: string): string {
  if (element.startsWith('"')) return JSON.parse(element) as string
  return /^[-0-9]/.test(element) ? numberText(element) : quoted(element)
}

function describe(value: string): string {
  switch (kindOf(value)) {
    case 'null':
      return 'null'
    case 'a string':
      return `string ${quoted(value)}`
    case 'a boolean':
      return `boolean \`${value}\``
    case 'a number':
      return `floating point \`${numberText(value)}\``
    default:
      return `integer \`${value}\``
  }
}

function notASequence(found: string, column: number): Error {
  const reason = `invalid type: ${found}, expected a sequence at line 1 column ${column}`
  return fail('bad_request', { message: `Json deserialize error: ${reason}` })
}
