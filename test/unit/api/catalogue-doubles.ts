import { defaultSettings, searchFacts } from '../../../src/catalogue/settings.ts'
import { Router } from '../../../src/http/router.ts'
import type { Call, HeaderList, Reply, Route } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import type { TaskType } from '../../../src/model/task.ts'
import type { CopyState, CopyView, IndexView, View, Views } from '../../../src/model/view.ts'
import type { WriteReceipt, Writes } from '../../../src/model/writes.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'

export interface Sent {
  readonly method: string
  readonly path: string
  readonly type?: string | null
  readonly body?: string
}

export interface Answered {
  readonly status: number
  readonly body: string
  readonly headers: HeaderList
}

/** Runs one request through a route table as the server would. */
export async function send(routes: readonly Route[], sent: Sent): Promise<Answered> {
  const [path = '', query = ''] = sent.path.split('?', 2)
  const segments = path.split('/').filter((part) => part !== '')
  const match = new Router(routes).match(sent.method, segments.map(decodeURIComponent))
  if (match.kind !== 'route')
    return { status: match.kind === 'unknown-path' ? 404 : 405, body: '', headers: [] }
  const type =
    sent.type === undefined && sent.body !== undefined ? 'application/json' : (sent.type ?? undefined)
  const call: Call = {
    id: 'test',
    method: sent.method,
    path,
    template: match.route.template,
    params: match.params,
    query,
    header: (name) => (name.toLowerCase() === 'content-type' ? type : undefined),
    body: utf8(sent.body ?? ''),
    deadline: { at: 1e9 },
    aborted: () => false,
  }
  try {
    return answered(await match.route.handler(call))
  } catch (error) {
    if (!(error instanceof MiroirError)) throw error
    return { status: error.status, body: JSON.stringify(error.body), headers: [] }
  }
}

function answered({ status, body = '', headers = [] }: Reply): Answered {
  return { status, body: typeof body === 'string' ? body : text(body), headers }
}

/** Takes every write and remembers it. */
export class RecordingWrites implements Writes {
  readonly calls: unknown[][] = []

  addDocuments: Writes['addDocuments'] = (write) =>
    this.#took('documentAdditionOrUpdate', write.uid, { ...write, body: text(write.body) })
  deleteDocuments: Writes['deleteDocuments'] = (uid, deletion, metadata) =>
    this.#took('documentDeletion', uid, deletion, metadata)
  editDocuments: Writes['editDocuments'] = (uid, edit, metadata) =>
    this.#took('documentEdition', uid, edit, metadata)
  createIndex: Writes['createIndex'] = (uid, primaryKey) => this.#took('indexCreation', uid, primaryKey)
  setPrimaryKey: Writes['setPrimaryKey'] = (uid, primaryKey) => this.#took('indexUpdate', uid, primaryKey)
  deleteIndex: Writes['deleteIndex'] = (uid) => this.#took('indexDeletion', uid)
  changeSettings: Writes['changeSettings'] = (uid, change) =>
    this.#took('settingsUpdate', uid, { ...change, body: text(change.body) })

  #took(type: TaskType, indexUid: string, ...rest: unknown[]): Promise<WriteReceipt> {
    this.calls.push([type, indexUid, ...rest])
    const taskUid = this.calls.length - 1
    const enqueuedAt = '2026-01-01T00:00:00.000000000Z'
    return Promise.resolve({ task: { type, indexUid, taskUid, status: 'enqueued', enqueuedAt }, headers: [] })
  }
}

/** `copies[shard]` as texts such as `a` (current) or `b:lagging`. */
export function indexView(uid: string, copies: readonly (readonly string[])[] = [['a']]): IndexView {
  const settings = defaultSettings()
  const views = copies.map((shard) => shard.map(copyView))
  const nodes = [...new Set(views.flat().map((copy) => copy.node))]
  const holdsOf = (node: string) =>
    new Set(views.flatMap((shard, number) => (shard.some((copy) => copy.node === node) ? [number] : [])))
  return {
    uid,
    generation: 1,
    shards: copies.length,
    primaryKey: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:01Z',
    settingsVersion: 1,
    settings,
    facts: searchFacts(settings),
    copies: views,
    names: new Map(nodes.map((node) => [node, `${uid}__g1_0`])),
    holds: new Map(nodes.map((node) => [node, holdsOf(node)])),
  }
}

function copyView(copy: string): CopyView {
  const [node = '', state = 'current'] = copy.split(':')
  return { node, group: 0, state: state as CopyState, lag: state === 'current' ? null : 0 }
}

export function viewsOf(indexes: readonly IndexView[], nodes: readonly string[] = ['a']): Views {
  const view: View = {
    epoch: 1,
    nodes: new Map(nodes.map((id) => [id, { id, address: `http://${id}`, group: 0 }])),
    groups: [0],
    indexes: new Map(indexes.map((index) => [index.uid, index])),
  }
  return { current: () => view }
}
