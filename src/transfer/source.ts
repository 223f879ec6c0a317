/** Some records in a row, as the source spells them. */
export interface Page {
  /** Texts of JSON documents, or rows of CSV. */
  readonly records: readonly string[]
  /** Number of the first of them; the source's first record is 0. */
  readonly first: number
  /** What to repeat in front of each batch; null for JSON. */
  readonly header: string | null
  /** Where a record of the page is, for error texts: `films.ndjson: line 12`. */
  place(record: number): string
  /** How much of the source has been read with this page, from 0 to 1; null where nobody knows. */
  readonly share: number | null
}

export type RecordForm = { readonly kind: 'json' } | { readonly kind: 'csv'; readonly delimiter: string }

/** One index to copy, from a server or from files. */
export interface IndexSource {
  /** Uid on the target. */
  readonly uid: string
  /** For people: `index films of http://…`, `films.ndjson.gz`. */
  readonly name: string
  /** Null where the target is to find it. */
  readonly primaryKey: string | null
  /** JSON text for `PATCH /settings`; null leaves the target's. */
  readonly settings: string | null
  readonly form: RecordForm
  /** Documents in all; null where nobody knows yet. */
  readonly documents: number | null
  /** False for texts of users, whose vectors may have several forms. */
  readonly comparesVectors: boolean
  /** False for what is read once (standard input) and for what the target reads (CSV): it is counted only. */
  readonly canCompare: boolean
  /** What an export says about its documents. */
  readonly expected: { readonly documents: number; readonly digest: string } | null
  /** Changes when the documents (may) have changed. */
  fingerprint(): Promise<string>
  /** Pages in an order that stays the same while the documents do, from that record on. */
  pages(from: number): AsyncIterable<Page>
}

/** Reads one page ahead, so that the source works while the target does. */
export async function* readAhead(pages: AsyncIterable<Page>): AsyncIterable<Page> {
  const iterator = pages[Symbol.asyncIterator]()
  let next = settled(iterator.next())
  try {
    for (;;) {
      const result = await next
      if ('error' in result) throw result.error
      if (result.value.done === true) return
      const page = result.value.value
      next = settled(iterator.next())
      yield page
    }
  } finally {
    await iterator.return?.()
  }
}

type Settled = { readonly value: IteratorResult<Page> } | { readonly error: unknown }

/** A rejection is looked at when its page is due, not before. */
function settled(promise: Promise<IteratorResult<Page>>): Promise<Settled> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}
