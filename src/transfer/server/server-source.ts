import { text } from '../../std/bytes.ts'
import { elementsOf, membersOf, memberValue } from '../../std/json-members.ts'
import { TransferFailure } from '../failure.ts'
import type { IndexSource, Page } from '../source.ts'
import type { Server } from './server.ts'
import type { Abilities } from './version.ts'

const PAGE_RECORDS_FIRST = 50
const PAGE_RECORDS_MAX = 10_000
/** A page may grow by this factor at most, so that one huge document does not come as a surprise. */
const PAGE_GROWTH = 4

export interface ListedIndex {
  readonly uid: string
  readonly primaryKey: string | null
  readonly updatedAt: string
}

export interface ServerIndex extends ListedIndex {
  readonly settings: string
  readonly documents: number
}

/** Every index of a server, in its order. */
export async function listIndexes(server: Server): Promise<ListedIndex[]> {
  const found: ListedIndex[] = []
  for (;;) {
    const path = `/indexes?limit=1000&offset=${found.length}`
    const { value } = await server.json({ method: 'GET', path, action: 'indexes.get' })
    const { results, total } = value as { results?: ListedIndex[]; total?: number }
    if (!Array.isArray(results) || typeof total !== 'number') throw noMeilisearch(server, path)
    found.push(...results)
    if (results.length === 0 || found.length >= total) return found
  }
}

/** An index's settings as text, and how many documents it holds. */
export async function readIndex(server: Server, listed: ListedIndex): Promise<ServerIndex> {
  const path = `/indexes/${listed.uid}`
  const settings = await server.ask({ method: 'GET', path: `${path}/settings`, action: 'settings.get' })
  const documents = await countDocuments(server, listed.uid)
  return { ...listed, settings: text(settings.body), documents }
}

/** Counted by the documents route: statistics may be a moment behind. */
export async function countDocuments(server: Server, uid: string): Promise<number> {
  const path = `/indexes/${uid}/documents?limit=0`
  const { value } = await server.json({ method: 'GET', path, action: 'documents.get' })
  const { total } = value
  if (typeof total !== 'number') throw noMeilisearch(server, path)
  return total
}

export interface ServerSourceOptions {
  readonly server: Server
  readonly index: ServerIndex
  /** Uid on the target. */
  readonly uid: string
  /** Settings to send instead of the source's own. */
  readonly settings: string
  readonly abilities: Abilities
  readonly pageBytes: number
}

/** An index of a running server, read page by page. */
export function serverSource(options: ServerSourceOptions): IndexSource {
  const { server, index, uid, settings } = options
  return {
    ...{ uid, settings, primaryKey: index.primaryKey, documents: index.documents },
    name: `index ${index.uid} of ${server.place.url}`,
    form: { kind: 'json' },
    comparesVectors: true,
    canCompare: true,
    expected: null,
    async fingerprint() {
      const ask = { method: 'GET', path: `/indexes/${index.uid}`, action: 'indexes.get' } as const
      return String((await server.json(ask)).value['updatedAt'])
    },
    pages: (from) => pages(options, from),
  }
}

/*
 * Offset pages: a node answers them in the order of its internal numbers, which stays the same while the
 * index is not written, and skips fast (at 200 000 documents 0.2 ms a page; ids or a filter would need
 * settings that the index may not have).
 */
async function* pages(
  { server, index, abilities, pageBytes }: ServerSourceOptions,
  from: number,
): AsyncIterable<Page> {
  const vectors = abilities.vectors ? '&retrieveVectors=true' : ''
  let limit = PAGE_RECORDS_FIRST
  for (let offset = from; ; ) {
    // A page that does not come through is asked for in smaller and smaller parts.
    const limitOf = (attempt: number): number => Math.max(1, limit >> attempt)
    const path = (attempt: number): string =>
      `/indexes/${index.uid}/documents?offset=${offset}&limit=${limitOf(attempt)}${vectors}`
    const { body } = await server.ask({ method: 'GET', path, action: 'documents.get' })
    const { records, total } = pageOf(server, body)
    const place = (record: number): string => `document ${record + 1} of index ${index.uid}`
    if (records.length > 0) {
      const share = total === 0 ? null : Math.min(1, (offset + records.length) / total)
      yield { records, first: offset, header: null, place, share }
    }
    offset += records.length
    if (records.length === 0 || offset >= total) return
    const wanted = Math.floor((records.length * pageBytes) / body.length)
    limit = Math.max(1, Math.min(wanted, limit * PAGE_GROWTH, PAGE_RECORDS_MAX))
  }
}

function pageOf(server: Server, body: Uint8Array): { records: string[]; total: number } {
  try {
    const members = membersOf(text(body))
    const records = elementsOf(memberValue(members, 'results') ?? '')
    const total = Number(memberValue(members, 'total'))
    if (Number.isSafeInteger(total)) return { records, total }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw noMeilisearch(server, 'a page of documents')
}

function noMeilisearch(server: Server, what: string): TransferFailure {
  return new TransferFailure(
    'failed',
    `${server.name}: ${what} was not answered as Meilisearch would; is it one?`,
  )
}
