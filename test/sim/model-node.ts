import type { NodeRequest } from '../../src/nodes/transport.ts'
import type { Clock } from '../../src/std/clock.ts'

/*
 * A model of a Meilisearch node: slow, obvious, and able to do what real ones were seen doing (late
 * execution, batches that fail together, restarts with a queue, wiped volumes). Documents are parsed here;
 * only models may do that.
 */

type Document = Record<string, unknown>

interface Task {
  uid: number
  indexUid: string | null
  type: string
  status: 'enqueued' | 'succeeded' | 'failed'
  customMetadata?: string
  details: Record<string, unknown> | null
  error: { message: string; code: string; type: string; link: string } | null
  apply: () => void
}

export interface ModelIndex {
  documents: Map<string, Document>
  settings: Record<string, unknown>
  primaryKey: string | null
}

const ERROR = (code: string, message: string) => ({ message, code, type: 'invalid_request', link: '' })

export class ModelNode {
  indexes = new Map<string, ModelIndex>()
  tasks: Task[] = []
  /** Milliseconds between acceptance and application. */
  applyMs = 5
  up = true
  /** Decides that a document makes its whole task fail. */
  poison: (document: Document) => boolean = () => false
  /** Settings bodies that fail in their task. */
  refuseSettings: (body: Record<string, unknown>) => boolean = () => false
  /** Settings bodies that are refused at once. */
  rejectSettings: (body: Record<string, unknown>) => boolean = () => false
  readonly #clock: Clock
  #incarnation = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Loses everything. */
  wipe(): void {
    this.#incarnation++
    this.indexes = new Map()
    this.tasks = []
  }

  handle(request: NodeRequest): { status: number; body: unknown } {
    const url = new URL(request.path, 'http://node')
    const parts = url.pathname.split('/').filter((part) => part !== '')
    const text = request.body === undefined ? '' : new TextDecoder().decode(request.body.slice())
    const body: unknown = text === '' ? null : JSON.parse(text)
    if (parts[0] === 'tasks') return this.#listTasks(url)
    if (parts[0] === 'stats') return this.#stats()
    if (parts[0] !== 'indexes' || parts[1] === undefined) return { status: 404, body: null }
    const [, name, room, action] = parts
    if (room === 'settings') return this.#settings(request, name, body as Record<string, unknown>)
    if (room === 'documents') return this.#documents(request, { name, action, url, body })
    if (request.method === 'GET') return this.#show(name)
    if (request.method === 'DELETE')
      return this.#enqueue(name, 'indexDeletion', null, (task) => this.#drop(task))
    if (request.method === 'PATCH') return this.#patch(name, body as { uid?: string; primaryKey?: string })
    return { status: 405, body: null }
  }

  #show(name: string): { status: number; body: unknown } {
    return this.indexes.has(name)
      ? { status: 200, body: { uid: name } }
      : { status: 404, body: ERROR('index_not_found', `Index \`${name}\` not found.`) }
  }

  #stats(): { status: number; body: unknown } {
    const indexes = [...this.indexes].map(([name, { documents }]) => {
      return [name, { numberOfDocuments: documents.size, isIndexing: false, fieldDistribution: {} }]
    })
    return { status: 200, body: { databaseSize: 0, lastUpdate: null, indexes: Object.fromEntries(indexes) } }
  }

  #listTasks(url: URL): { status: number; body: unknown } {
    const from = Number(url.searchParams.get('from') ?? 0)
    const limit = Number(url.searchParams.get('limit') ?? 20)
    const results = this.tasks.filter((task) => task.uid >= from).slice(0, limit)
    return {
      status: 200,
      body: { results: results.map(({ apply: _, ...task }) => task), total: this.tasks.length },
    }
  }

  #settings(
    request: NodeRequest,
    name: string,
    body: Record<string, unknown>,
  ): { status: number; body: unknown } {
    if (request.method === 'GET') {
      const index = this.indexes.get(name)
      return index === undefined
        ? { status: 404, body: ERROR('index_not_found', `Index \`${name}\` not found.`) }
        : { status: 200, body: index.settings }
    }
    if (this.rejectSettings(body))
      return { status: 400, body: ERROR('invalid_settings_ranking_rules', 'no such rule') }
    return this.#enqueue(name, 'settingsUpdate', null, (task) => {
      if (this.refuseSettings(body)) return this.#fail(task, 'invalid_document_geo_field')
      const index = this.#index(name)
      for (const [key, value] of Object.entries(body)) {
        if (value === null) delete index.settings[key]
        else index.settings[key] = value
      }
    })
  }

  #documents(
    request: NodeRequest,
    call: { name: string; action: string | undefined; url: URL; body: unknown },
  ): { status: number; body: unknown } {
    const { name, action, url, body } = call
    const metadata = url.searchParams.get('customMetadata')
    if (action === 'fetch') return this.#fetch(name, body as FetchBody)
    if (action === 'delete-batch') {
      return this.#enqueue(name, 'documentDeletion', metadata, (task) => {
        const index = this.#existing(task, name)
        if (index === null) return
        let deleted = 0
        for (const id of body as (string | number)[]) if (index.documents.delete(String(id))) deleted++
        task.details = { deletedDocuments: deleted }
      })
    }
    if (action === 'delete' || request.method === 'DELETE') {
      const filter = action === 'delete' ? (body as { filter: Filter }).filter : []
      return this.#enqueue(name, 'documentDeletion', metadata, (task) => {
        const index = this.#existing(task, name)
        if (index === null) return
        let deleted = 0
        for (const [id, document] of [...index.documents]) {
          if (!matches(document, filter)) continue
          index.documents.delete(id)
          deleted++
        }
        task.details = { deletedDocuments: deleted }
      })
    }
    const replace = request.method === 'POST'
    const primaryKey = url.searchParams.get('primaryKey') ?? 'id'
    return this.#enqueue(name, 'documentAdditionOrUpdate', metadata, (task) => {
      const documents = body as Document[]
      if (documents.some((document) => this.poison(document)))
        return this.#fail(task, 'invalid_document_geo_field')
      const index = this.#index(name)
      index.primaryKey = primaryKey
      for (const document of documents) {
        const id = String(document[primaryKey])
        index.documents.set(id, replace ? document : { ...index.documents.get(id), ...document })
      }
      const ids = new Set(documents.map((document) => String(document[primaryKey])))
      task.details = { receivedDocuments: documents.length, indexedDocuments: ids.size }
    })
  }

  #fetch(name: string, body: FetchBody): { status: number; body: unknown } {
    const index = this.indexes.get(name)
    if (index === undefined)
      return { status: 404, body: ERROR('index_not_found', `Index \`${name}\` not found.`) }
    const found = [...index.documents.values()].filter((document) => matches(document, body.filter ?? []))
    found.sort((one, other) => compare(String(one['_miroir_seq']), String(other['_miroir_seq'])))
    const results = found.slice(0, body.limit ?? 20)
    return { status: 200, body: { results, offset: 0, limit: body.limit ?? 20, total: found.length } }
  }

  #patch(name: string, body: { uid?: string; primaryKey?: string }): { status: number; body: unknown } {
    return this.#enqueue(name, 'indexUpdate', null, (task) => {
      const index = this.#existing(task, name)
      if (index === null) return
      const { primaryKey } = body
      const taken = index.primaryKey !== null && index.primaryKey !== primaryKey && index.documents.size > 0
      if (primaryKey !== undefined && taken) return this.#fail(task, 'index_primary_key_already_exists')
      if (primaryKey !== undefined) index.primaryKey = primaryKey
      if (body.uid === undefined) return
      if (this.indexes.has(body.uid)) return this.#fail(task, 'index_already_exists')
      this.indexes.delete(name)
      this.indexes.set(body.uid, index)
      for (const other of this.tasks)
        if (other.uid < task.uid && other.indexUid === name) other.indexUid = body.uid
      task.details = { newIndexUid: body.uid }
    })
  }

  #drop(task: Task): void {
    const index = this.#existing(task, task.indexUid ?? '')
    if (index === null) return
    task.details = { deletedDocuments: index.documents.size }
    this.indexes.delete(task.indexUid ?? '')
  }

  #enqueue(
    name: string,
    type: string,
    metadata: string | null,
    apply: (task: Task) => void,
  ): { status: number; body: unknown } {
    const uid = (this.tasks.at(-1)?.uid ?? -1) + 1
    const task: Task = {
      uid,
      indexUid: name,
      type,
      status: 'enqueued',
      ...(metadata === null ? {} : { customMetadata: metadata }),
      details: null,
      error: null,
      apply: () => {
        apply(task)
        if (task.status === 'enqueued') task.status = 'succeeded'
      },
    }
    this.tasks.push(task)
    this.#scheduleApply(task)
    return { status: 202, body: { taskUid: uid, indexUid: name, status: 'enqueued', type } }
  }

  /** Applied in order: a task waits for all earlier ones; nothing happens while the node is down. */
  #scheduleApply(task: Task): void {
    const incarnation = this.#incarnation
    this.#clock.after(this.applyMs, () => {
      if (incarnation !== this.#incarnation || task.status !== 'enqueued') return
      const earlier = this.tasks.some((other) => other.uid < task.uid && other.status === 'enqueued')
      if (!this.up || earlier) return this.#scheduleApply(task)
      task.apply()
    })
  }

  #index(name: string): ModelIndex {
    const found = this.indexes.get(name)
    if (found !== undefined) return found
    const made: ModelIndex = { documents: new Map(), settings: {}, primaryKey: null }
    this.indexes.set(name, made)
    return made
  }

  #existing(task: Task, name: string): ModelIndex | null {
    const found = this.indexes.get(name)
    if (found !== undefined) return found
    this.#fail(task, 'index_not_found')
    return null
  }

  #fail(task: Task, code: string): void {
    task.status = 'failed'
    task.error = ERROR(code, `failed: ${code}`)
  }
}

type Filter = string | (string | string[])[]

interface FetchBody {
  filter?: Filter
  limit?: number
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

/** Only the expressions that the write path sends, and `field = number` of tests. */
function matches(document: Document, filter: Filter): boolean {
  const all = typeof filter === 'string' ? [filter] : filter.flat()
  return all.every((expression) => {
    const list = /^_miroir_shard IN \[(.*)\]$/.exec(expression)
    if (list !== null) return (list[1] ?? '').includes(`"${document['_miroir_shard']}"`)
    const after = /^_miroir_seq > "(.*)"$/.exec(expression)
    if (after !== null) return compare(String(document['_miroir_seq']), after[1] ?? '') > 0
    const equal = /^(\w+) = (\w+)$/.exec(expression)
    if (equal !== null) return String(document[equal[1] ?? '']) === equal[2]
    throw new Error(`the model node does not know the filter ${expression}`)
  })
}
