import { readFileSync } from 'node:fs'
import { type Answer, type CallOptions, callNode, finishedTask } from './running-node.ts'

/** One step of the recording of a real node. */
export interface Step {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly options?: CallOptions
  readonly status: number
  readonly answer: string
  readonly task?: unknown
}

export function readRecording(): Step[] {
  const text = readFileSync(new URL('../../compat/meilisearch-1.50.jsonl', import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

export interface Replayed {
  readonly status: number
  readonly text: string
  readonly task: unknown
}

/** Plays steps in order against a node, as they were recorded: after a write its task is awaited. */
export class Replay {
  readonly #address: string
  readonly #answers = new Map<string, unknown>()

  constructor(address: string) {
    this.#address = address
  }

  async play(step: Step): Promise<Replayed> {
    const path = this.#fill(step.path)
    const { key } = step.options ?? {}
    const options = { ...step.options, ...(typeof key === 'string' ? { key: this.#fill(key) } : {}) }
    const body = bodyOf(step.body)
    const answer: Answer = await callNode(this.#address, { method: step.method, path, body, options })
    this.#answers.set(step.name, answer.json)
    const uid = answer.json?.taskUid
    const task = uid === undefined ? undefined : await finishedTask(this.#address, uid)
    return { status: answer.status, text: answer.text, task }
  }

  /** Puts fields of earlier answers in the place of `$step name.field`. */
  #fill(text: string): string {
    return text.replace(/\$([^.]+)\.(\w+)/g, (_whole, name: string, field: string) => {
      const answer = this.#answers.get(name) as Record<string, unknown> | undefined
      return String(answer?.[field])
    })
  }
}

function bodyOf(body: unknown): unknown {
  if (body === null) return undefined
  if (typeof body === 'object' && body !== null && 'base64' in body) {
    return Buffer.from(String(body.base64), 'base64')
  }
  return body
}

const VOLATILE = new Set([
  'uid',
  'taskUid',
  'batchUid',
  'from',
  'next',
  'duration',
  'enqueuedAt',
  'startedAt',
  'finishedAt',
  'createdAt',
  'updatedAt',
  'lastUpdate',
  'processingTimeMs',
  'requestUid',
  'queryUid',
  'commitSha',
  'commitDate',
  'databaseSize',
  'usedDatabaseSize',
  'rawDocumentDbSize',
  'avgDocumentSize',
  'key',
  'stats',
  'batchStrategy',
])

/** Text of an answer without what differs from run to run; order of members counts. */
export function masked(value: unknown): string {
  return JSON.stringify(value, (name, inner) =>
    VOLATILE.has(name) &&
    (name !== 'uid' || typeof inner !== 'string' || /^#\d+$|^[0-9a-f-]{36}$/.test(inner))
      ? '…'
      : inner,
  )
}

export function maskedText(text: string): string {
  // Parsing would drop `.0` of numbers, which is part of the answer.
  const marked = text.replace(/([:[,])(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=[,\]}])/g, '$1"#$2"')
  try {
    return masked(JSON.parse(marked))
  } catch {
    return text
  }
}
