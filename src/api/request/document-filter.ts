import { elementsOf } from '../../std/json-members.ts'
import { quoted } from '../../std/json-quote.ts'
import { refusal } from './refusals.ts'

/** Checks a filter's outer form as a node does before it reads the expressions. `text` is JSON. */
export function requireFilter(text: string): unknown {
  requireForm(text, ['String, Array', 'String, [String]', 'String'])
  const filter: unknown = JSON.parse(text)
  if (isEmpty(filter)) throw refusal('invalid_document_filter', 'Sending an empty filter is forbidden.')
  return filter
}

/** What may stand at each level of nesting, from the outermost. */
function requireForm(text: string, [allowed = '', ...inner]: readonly string[]): void {
  if (text.startsWith('"')) return
  if (!text.startsWith('[') || inner.length === 0) {
    const found = `expected ${allowed}, found: ${quoted(text)}`
    throw refusal('invalid_document_filter', `Invalid syntax for the filter parameter: \`${found}\`.`)
  }
  for (const element of elementsOf(text)) requireForm(element, inner)
}

function isEmpty(filter: unknown): boolean {
  return Array.isArray(filter) ? filter.every(isEmpty) : typeof filter === 'string' && filter.trim() === ''
}
