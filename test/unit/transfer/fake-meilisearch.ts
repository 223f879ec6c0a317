import type { NodeRequest, Outcome } from '../../../src/nodes/transport.ts'
import { elementsOf, membersOf, objectText } from '../../../src/std/json-members.ts'
import { identityOf } from '../../../src/transfer/compare/canonical.ts'

interface FakeIndex {
  primaryKey: string | null
  settings: string
  /** By identifier, in order of their arrival. */
  readonly documents: Map<string, string>
  changes: number
}

interface FakeTask {
  readonly error: { readonly code: string; readonly message: string } | null
  readonly received: number | null
  polls: number
}

/**
 * As much of one Meilisearch as a transfer asks for. Tasks take effect at once and are seen to end at the
 * second look.
 */
export class FakeMeilisearch {
  readonly indexes = new Map<string, FakeIndex>()
  readonly keys: Record<string, unknown>[] = []
  version = '1.50.0'
  /** Longer bodies get 413. */
  bodyBytesMax = 10_000_000
  /** Every request, in order: `GET /indexes?limit=…`. */
  readonly asked: string[] = []
  /** Why the task of a documents body fails; null lets it succeed. */
  judge: (body: string) => { code: string; message: string } | null = () => null
  /** Tasks seen unfinished at once, at most. */
  openMax = 0
  readonly #tasks: FakeTask[] = []

  index(uid: string, primaryKey: string | null = 'id', settings = '{"stopWords":[]}'): FakeIndex {
    const made = { primaryKey, settings, documents: new Map<string, string>(), changes: 0 }
    this.indexes.set(uid, made)
    return made
  }

  fill(uid: string, documents: readonly string[]): void {
    const index = this.indexes.get(uid) ?? this.index(uid)
    for (const document of documents) index.documents.set(identityOf(document, 'id') ?? '', document)
    index.changes++
  }

  documents(uid: string): string[] {
    return [...(this.indexes.get(uid)?.documents.values() ?? [])].sort()
  }

  answer(request: NodeRequest): Outcome {
    this.asked.push(`${request.method} ${request.path}`)
    const { status, text } = this.#route(request)
    return { kind: 'answer', status, contentType: 'application/json', body: Buffer.from(text) }
  }

  #route(request: NodeRequest): { status: number; text: string } {
    const { pathname, searchParams } = new URL(request.path, 'http://fake')
    const [, first = '', second = '', third = '', fourth = ''] = pathname.split('/')
    const body = request.body === undefined ? '' : Buffer.from(request.body).toString()
    if (first === 'version') return ok({ pkgVersion: this.version })
    if (first === 'tasks') return ok(this.#task(Number(second)))
    if (first === 'keys') return this.#keys(request.method, body)
    if (second === '') return request.method === 'POST' ? this.#create(body) : ok(this.#list())
    const index = this.indexes.get(second)
    if (third === 'documents' && fourth === '' && request.method === 'POST')
      return this.#add(second, { body, csv: request.contentType === 'text/csv' }, searchParams)
    if (index === undefined) return refused(404, 'index_not_found')
    if (third === '' && request.method === 'DELETE') return this.#delete(second)
    if (third === '')
      return ok({ uid: second, primaryKey: index.primaryKey, updatedAt: `change ${index.changes}` })
    if (third === 'settings') return this.#settings(index, request.method, body)
    const found = fourth === 'fetch' ? fetched(index, body) : page(index, searchParams)
    return { status: 200, text: found }
  }

  #list(): object {
    const results = [...this.indexes].map(([uid, { primaryKey, changes }]) => ({
      uid,
      primaryKey,
      updatedAt: `change ${changes}`,
    }))
    return { results, total: results.length }
  }

  #create(body: string) {
    const { uid, primaryKey } = JSON.parse(body) as { uid: string; primaryKey: string | null }
    if (this.indexes.has(uid))
      return this.#enqueue({ code: 'index_already_exists', message: `Index \`${uid}\` already exists.` })
    this.index(uid, primaryKey)
    return this.#enqueue(null)
  }

  #delete(uid: string) {
    this.indexes.delete(uid)
    return this.#enqueue(null)
  }

  #settings(index: FakeIndex, method: string, body: string) {
    if (method === 'GET') return { status: 200, text: index.settings }
    index.settings = body
    return this.#enqueue(null)
  }

  #add(uid: string, { body, csv }: { body: string; csv: boolean }, parameters: URLSearchParams) {
    if (Buffer.byteLength(body) > this.bodyBytesMax) return refused(413, 'payload_too_large')
    const documents = csv ? rowsOf(body, parameters.get('csvDelimiter') ?? ',') : elementsOf(body)
    const error = this.judge(body)
    if (error !== null) return this.#enqueue(error, documents.length)
    const index = this.indexes.get(uid) ?? this.index(uid, parameters.get('primaryKey'))
    for (const document of documents)
      index.documents.set(identityOf(document, index.primaryKey ?? 'id') ?? '', document)
    index.changes++
    return this.#enqueue(null, documents.length)
  }

  #enqueue(error: FakeTask['error'], received: number | null = null) {
    this.#tasks.push({ error, received, polls: 0 })
    this.openMax = Math.max(this.openMax, this.#tasks.filter(({ polls }) => polls < 2).length)
    return ok({ taskUid: this.#tasks.length - 1 }, 202)
  }

  #task(uid: number): object {
    const task = this.#tasks[uid]
    if (task === undefined) throw new Error(`no task ${uid}`)
    task.polls++
    if (task.polls < 2) return { status: 'processing', error: null }
    const details = { receivedDocuments: task.received }
    return { status: task.error === null ? 'succeeded' : 'failed', error: task.error, details }
  }

  #keys(method: string, body: string) {
    if (method === 'GET') return ok({ results: this.keys, total: this.keys.length })
    const key = JSON.parse(body) as Record<string, unknown>
    if (this.keys.some(({ uid }) => uid === key['uid'])) return refused(409, 'api_key_already_exists')
    this.keys.push(key)
    return ok(key, 201)
  }
}

function page({ documents }: FakeIndex, parameters: URLSearchParams): string {
  const offset = Number(parameters.get('offset') ?? 0)
  const limit = Number(parameters.get('limit') ?? 20)
  const results = [...documents.values()].slice(offset, offset + limit)
  return `{"results":[${results.join(',')}],"offset":${offset},"limit":${limit},"total":${documents.size}}`
}

function fetched({ documents }: FakeIndex, body: string): string {
  const { ids } = JSON.parse(body) as { ids: string[] }
  const results = ids.flatMap((id) => documents.get(id) ?? [])
  // Another order of members, as another node may have it.
  const shuffled = results.map((document) => objectText([...membersOf(document)].reverse()))
  return `{"results":[${shuffled.join(',')}],"total":${results.length}}`
}

function ok(value: object, status = 200) {
  return { status, text: JSON.stringify(value) }
}

function refused(status: number, code: string) {
  return { status, text: JSON.stringify({ message: `refused: ${code}`, code }) }
}

/** Rows without quotes, as documents. */
function rowsOf(body: string, delimiter: string): string[] {
  const [head = '', ...rows] = body.trimEnd().split('\n')
  const names = head.split(delimiter)
  return rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(delimiter).map((field, at) => [names[at], field]))),
  )
}
