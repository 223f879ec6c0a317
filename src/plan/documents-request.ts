import type { ListMerge } from '../model/plan.ts'
import { type JsonMember, memberValue } from '../std/json-members.ts'
import { filterElements, isUnsigned, objectMembers, stringList, toSafe } from './search-request.ts'

/** What planning must know of a request for a list of documents. */
export interface ListRequest {
  readonly text: string
  readonly members: readonly JsonMember[]
  readonly offset: number
  readonly limit: number
  readonly echo: ListMerge['echo']
  readonly filters: readonly string[]
  readonly sort: readonly string[]
  readonly fields: readonly string[] | null
  /** Texts of the primary keys asked for; null = all documents. */
  readonly ids: readonly string[] | null
}

const LIMIT_DEFAULT = '20'

/** Null when a value that planning relies on has a shape only a node can judge. */
export function parseListRequest(text: string): ListRequest | null {
  const members = objectMembers(text)
  if (members === null) return null
  const offset = memberValue(members, 'offset') ?? '0'
  const limit = memberValue(members, 'limit') ?? LIMIT_DEFAULT
  const filters = filterElements(memberValue(members, 'filter'))
  const sort = stringList(memberValue(members, 'sort'))
  const fields = stringList(memberValue(members, 'fields'))
  const ids = keyTexts(memberValue(members, 'ids'))
  if (!isUnsigned(offset) || !isUnsigned(limit) || filters === null) return null
  if (sort === undefined || fields === undefined || ids === undefined) return null
  return {
    text,
    members,
    offset: toSafe(offset),
    limit: toSafe(limit),
    echo: { offset, limit },
    filters,
    sort: sort ?? [],
    fields,
    ids,
  }
}

/** Null when absent or null; undefined when it is no list of strings and integers. */
function keyTexts(text: string | undefined): readonly string[] | null | undefined {
  if (text === undefined || text === 'null') return null
  const value: unknown = JSON.parse(text)
  if (!Array.isArray(value)) return undefined
  const keys: string[] = []
  for (const element of value) {
    if (typeof element === 'string') keys.push(element)
    // Larger integers lose digits when parsed; all shards are asked then.
    else if (Number.isSafeInteger(element)) keys.push(String(element))
    else return typeof element === 'number' ? null : undefined
  }
  return keys
}
