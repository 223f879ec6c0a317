import { type DevNode, type DevNodeOptions, startDevNode } from '../../../src/devnode/devnode.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  readonly json: any
}

/** A node for one test, with the calls tests make of it. */
export interface RunningNode {
  readonly node: DevNode
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** Sends a write and waits until its task is done. */
  // biome-ignore lint/suspicious/noExplicitAny: tasks are looked into freely by tests
  write(method: string, path: string, body?: unknown, options?: CallOptions): Promise<any>
}

export interface CallOptions {
  readonly type?: string | null
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

const MASTER_KEY = 'masterKey'

type FetchBody = NonNullable<RequestInit['body']>

function bodyOf(body: unknown): FetchBody | null {
  if (body === undefined) return null
  return typeof body === 'string' || body instanceof Uint8Array ? (body as FetchBody) : JSON.stringify(body)
}

export async function callNode(
  address: string,
  request: { method: string; path: string; body?: unknown; options?: CallOptions },
): Promise<Answer> {
  const { method, path, body, options = {} } = request
  const headers: Record<string, string> = { ...options.headers }
  const key = options.key === undefined ? MASTER_KEY : options.key
  if (key !== null) headers['authorization'] = `Bearer ${key}`
  const sent = bodyOf(body)
  const type = options.type === undefined ? 'application/json' : options.type
  if (sent !== null && type !== null) headers['content-type'] = type
  // A string body would get a content type of its own.
  const raw = typeof sent === 'string' ? Buffer.from(sent) : sent
  const response = await fetch(address + path, { method, headers, ...(raw === null ? {} : { body: raw }) })
  const text = await response.text()
  let json: unknown = null
  try {
    json = JSON.parse(text)
  } catch {
    // Empty answers are not JSON.
  }
  return { status: response.status, text, json }
}

export async function finishedTask(address: string, uid: number): Promise<{ status: string }> {
  for (;;) {
    const { json } = await callNode(address, { method: 'GET', path: `/tasks/${uid}` })
    if (json.status !== 'enqueued' && json.status !== 'processing') return json
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export async function runNode(options: Partial<DevNodeOptions> = {}): Promise<RunningNode> {
  const node = await startDevNode({ port: 0, dataDir: null, masterKey: MASTER_KEY, ...options })
  const call = (method: string, path: string, body?: unknown, callOptions: CallOptions = {}) =>
    callNode(node.address, { method, path, body, options: callOptions })
  return {
    node,
    call,
    async write(method, path, body, callOptions) {
      const answer = await call(method, path, body, callOptions)
      if (answer.json?.taskUid === undefined) throw new Error(`${method} ${path}: ${answer.text}`)
      return finishedTask(node.address, answer.json.taskUid)
    },
  }
}
