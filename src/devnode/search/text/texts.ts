import type { StoredDocument } from '../../engine/documents.ts'
import { parseValue } from '../../json/pick.ts'

/**
 * Calls `visit` with every piece of text under the wanted top-level members, and the path of attributes to
 * it.
 */
export function eachText(
  document: StoredDocument,
  wanted: (name: string) => boolean,
  visit: (attribute: string, text: string) => void,
): void {
  const { names, values } = document
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    if (name === '_vectors' || name === '_geo' || !wanted(name)) continue
    const text = values[index] ?? 'null'
    const first = text.charCodeAt(0)
    if (first === 34) visit(name, text.includes('\\') ? JSON.parse(text) : text.slice(1, -1))
    else if (first === 123 || first === 91) eachInner(parseValue(text), name, visit)
    else if (text !== 'null') visit(name, text)
  }
}

function eachInner(
  value: unknown,
  attribute: string,
  visit: (attribute: string, text: string) => void,
): void {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) for (const element of value) eachInner(element, attribute, visit)
  else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) eachInner(inner, `${attribute}.${key}`, visit)
  } else visit(attribute, String(value))
}
