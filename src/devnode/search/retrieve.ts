import type { StoredDocument } from '../engine/documents.ts'
import { JsonScanner } from '../json/scan.ts'

/**
 * Prints the parts of a document whose attribute path `keep` accepts; an object is kept when a part of it is.
 */
export function pickText(document: StoredDocument, keep: (attribute: string) => boolean): string {
  const parts: string[] = []
  document.names.forEach((name, index) => {
    if (name === '_vectors') return
    const text = document.values[index] ?? 'null'
    const picked = keep(name) ? text : pickInner(text, name, keep)
    if (picked !== null) parts.push(`${JSON.stringify(name)}:${picked}`)
  })
  return `{${parts.join(',')}}`
}

function pickInner(text: string, path: string, keep: (attribute: string) => boolean): string | null {
  if (text.startsWith('{')) return pickMembers(text, path, keep)
  if (!text.startsWith('[')) return null
  const parts: string[] = []
  const scanner = new JsonScanner(text)
  scanner.eachElement(() => {
    scanner.peek()
    const start = scanner.at
    scanner.skipValue()
    const picked = pickInner(text.slice(start, scanner.at), path, keep)
    if (picked !== null) parts.push(picked)
  })
  return parts.length === 0 ? null : `[${parts.join(',')}]`
}

function pickMembers(text: string, path: string, keep: (attribute: string) => boolean): string | null {
  const parts: string[] = []
  const scanner = new JsonScanner(text)
  scanner.eachMember((rawKey) => {
    const start = scanner.at
    scanner.skipValue()
    const value = text.slice(start, scanner.at)
    const inner = `${path}.${JSON.parse(rawKey)}`
    const picked = keep(inner) ? value : pickInner(value, inner, keep)
    if (picked !== null) parts.push(`${rawKey}:${picked}`)
  })
  return parts.length === 0 ? null : `{${parts.join(',')}}`
}
