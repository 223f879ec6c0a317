import type { MiroirError } from '../../model/errors.ts'
import { refuse } from '../http/refusal.ts'
import { canonicalValue, type Member } from '../json/canonical.ts'
import { JsonScanner } from '../json/scan.ts'

const ID_RULE =
  'A document identifier can be of type integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), ' +
  'hyphens (-) and underscores (_), and can not be more than 511 bytes.'

export function badIdText(valueText: string): string {
  return `Document identifier \`${valueText}\` is invalid. ${ID_RULE}`
}

export function isDocumentId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,511}$/.test(id)
}

/** The id of a document as a string, or the node's task error. */
export function readDocumentId(members: readonly Member[], primaryKey: string): string | MiroirError {
  const text = reachText(members, primaryKey)
  if (text === undefined) {
    const printed = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
    return refuse(
      'missing_document_id',
      `Document doesn't have a \`${primaryKey}\` attribute: \`${printed}\`.`,
    )
  }
  if (/^-?\d+$/.test(text)) return text
  if (text.startsWith('"')) {
    const id: string = JSON.parse(text)
    if (isDocumentId(id)) return id
  }
  return refuse('invalid_document_id', badIdText(text))
}

/** Canonical text of the value under a possibly dotted name. */
function reachText(members: readonly Member[], path: string): string | undefined {
  for (const [name, value] of members) {
    if (name === path) return value
    if (!path.startsWith(`${name}.`) || !value.startsWith('{')) continue
    const found = reachText(membersOf(value), path.slice(name.length + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function membersOf(objectText: string): Member[] {
  const members: Member[] = []
  const scanner = new JsonScanner(objectText)
  scanner.eachMember((rawKey) => {
    const start = scanner.at
    scanner.skipValue()
    members.push([JSON.parse(rawKey), canonicalValue(objectText.slice(start, scanner.at))])
  })
  return members
}

const SPECIFY = 'Please specify the primary key manually using the `primaryKey` query parameter.'

/** Chooses the primary key from the first document, or says why it cannot. */
export function inferPrimaryKey(first: readonly Member[] | undefined): string | MiroirError {
  const candidates = (first ?? []).map(([name]) => name).filter((name) => name.toLowerCase().endsWith('id'))
  const [chosen, second] = candidates
  if (chosen !== undefined && second === undefined) return chosen
  if (chosen === undefined) {
    const reason = 'as the engine did not find any field ending with `id` in its name.'
    return refuse(
      'index_primary_key_no_candidate_found',
      `The primary key inference failed ${reason} ${SPECIFY}`,
    )
  }
  const [one, other] = candidates.toSorted()
  const reason = `as the engine found ${candidates.length} fields ending with \`id\` in their names: '${one}' and '${other}'.`
  return refuse(
    'index_primary_key_multiple_candidates_found',
    `The primary key inference failed ${reason} ${SPECIFY}`,
  )
}
