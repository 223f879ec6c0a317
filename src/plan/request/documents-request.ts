import type { ListMerge } from '../../model/plan.ts'
import type { JsonMember } from '../../std/json-members.ts'
import { filterElements, givenValue, readBody, stringList, toSafe, unsignedText } from './request-body.ts'

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
  const body = readBody(text)
  if (body === null) return null
  const offset = unsignedText(body, 'offset', '0')
  const limit = unsignedText(body, 'limit', LIMIT_DEFAULT)
  const filters = filterElements(body)
  const sort = stringList(body, 'sort')
  const fields = stringList(body, 'fields')
  const ids = keyTexts(givenValue(body, 'ids'))
  if (offset === null || limit === null || filters === null) return null
  if (sort === undefined || fields === undefined || ids === undefined) return null
  return {
    text,
    members: body.members,
    offset: toSafe(offset),
    limit: toSafe(limit),
    echo: { offset, limit },
    filters,
    sort: sort ?? [],
    fields,
    ids,
  }
}

/** Null when there are none; undefined when it is no list of strings and integers. */
function keyTexts(value: unknown): readonly string[] | null | undefined {
  if (value === null) return null
  if (!Array.isArray(value)) return undefined
  const keys: string[] = []
  for (const element of value as readonly unknown[]) {
    if (typeof element === 'string') keys.push(element)
    // Larger integers lose digits when parsed; all shards are asked then.
    else if (Number.isSafeInteger(element)) keys.push(String(element))
    else return typeof element === 'number' ? null : undefined
  }
  return keys
}
