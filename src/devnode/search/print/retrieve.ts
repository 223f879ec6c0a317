import type { StoredDocument } from '../../engine/documents.ts'
import { JsonScanner } from '../../json/scan.ts'
import { isListed } from './lists.ts'

/** How much of an attribute is wanted: all of it, something inside it, or nothing. */
export type Reach = 'all' | 'part' | 'none'

export function reachOf(names: readonly string[], attribute: string): Reach {
  if (isListed(names, attribute)) return 'all'
  return names.some((name) => name.startsWith(`${attribute}.`)) ? 'part' : 'none'
}

/** What both of two lists want. */
export function bothReach(left: Reach, right: Reach): Reach {
  if (left === 'none' || right === 'none') return 'none'
  return left === 'all' && right === 'all' ? 'all' : 'part'
}

/** Members of a document that are wanted; objects lose the keys that are not, all else stays as it is. */
export function pickMembers(
  document: StoredDocument,
  reach: (attribute: string) => Reach,
): readonly (readonly [name: string, text: string])[] {
  const picked: (readonly [string, string])[] = []
  document.names.forEach((name, index) => {
    const wanted = name === '_vectors' ? 'none' : reach(name)
    const text = document.values[index] ?? 'null'
    if (wanted !== 'none') picked.push([name, wanted === 'all' ? text : prune(text, name, reach)])
  })
  return picked
}

export function printMembers(members: readonly (readonly [name: string, text: string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}

function prune(text: string, path: string, reach: (attribute: string) => Reach): string {
  const scanner = new JsonScanner(text)
  const parts: string[] = []
  if (text.startsWith('[')) {
    scanner.eachElement(() => {
      scanner.peek()
      const start = scanner.at
      scanner.skipValue()
      parts.push(prune(text.slice(start, scanner.at), path, reach))
    })
    return `[${parts.join(',')}]`
  }
  if (!text.startsWith('{')) return text
  scanner.eachMember((rawKey) => {
    const start = scanner.at
    scanner.skipValue()
    const inner = `${path}.${JSON.parse(rawKey)}`
    const wanted = reach(inner)
    if (wanted === 'none') return
    const value = text.slice(start, scanner.at)
    parts.push(`${rawKey}:${wanted === 'all' ? value : prune(value, inner, reach)}`)
  })
  return `{${parts.join(',')}}`
}
