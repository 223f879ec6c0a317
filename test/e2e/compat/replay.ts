import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'undici'
import { MASTER_KEY } from '../cluster.ts'
import { type Outcome, type Step, taskUidOf } from './recording.ts'

/* Sends recorded steps to an endpoint, byte for byte as they were sent when they were recorded. */

const ENDED = new Set(['succeeded', 'failed', 'canceled'])

export interface Replayed extends Outcome {
  readonly step: Step
  readonly headers: string
  readonly substituteTask?: number | null
}

/** A request that brings a cluster where a step that it cannot do would have brought it. */
export type Substitutes = ReadonlyMap<string, Pick<Step, 'method' | 'path' | 'body'>>

/** Replays all steps in order, each after the task of the one before it has ended. */
export async function replay(
  url: string,
  steps: readonly Step[],
  substitutes: Substitutes = new Map(),
): Promise<readonly Replayed[]> {
  // A client of our own: `fetch` would add headers that were not recorded.
  const client = new Client(url)
  const done = new Map<string, Replayed>()
  try {
    for (const step of steps) {
      const got = await settled(client, await send(client, step, done))
      done.set(step.name, { ...got, step })
      const substitute = substitutes.get(step.name)
      if (substitute === undefined) continue
      const { answer, task } = await settled(
        client,
        await send(client, { ...step, options: {}, ...substitute }, done),
      )
      if (task === null) throw new Error(`the substitute of "${step.name}" was refused: ${answer}`)
      done.set(step.name, { ...got, step, substituteTask: taskUidOf({ answer }) })
    }
  } finally {
    await client.close()
  }
  return [...done.values()]
}

type Sent = Outcome & { readonly headers: string }

async function send(client: Client, step: Step, done: ReadonlyMap<string, Outcome>): Promise<Sent> {
  const { key = MASTER_KEY, type = 'application/json', headers: extra = {} } = step.options ?? {}
  const body = bytesOf(step.body)
  const headers: Record<string, string> = { ...extra }
  if (key !== null) headers['authorization'] = `Bearer ${resolved(key, done)}`
  if (type !== null && body !== null) headers['content-type'] = type
  const path = resolved(step.path, done)
  const answer = await client.request({ method: step.method as 'GET', path, headers, body })
  const contentType = answer.headers['content-type']
  return {
    status: answer.statusCode,
    contentType: typeof contentType === 'string' ? contentType : null,
    headers: JSON.stringify(answer.headers),
    answer: await answer.body.text(),
    task: null,
  }
}

function bytesOf(body: unknown): Buffer | null {
  if (body === undefined) return null
  if (typeof body === 'string') return Buffer.from(body)
  if (typeof body === 'object' && body !== null && 'base64' in body)
    return Buffer.from(String(body.base64), 'base64')
  return Buffer.from(JSON.stringify(body))
}

/** Puts the field of an earlier answer in the place of `$step field`. */
function resolved(text: string, done: ReadonlyMap<string, Outcome>): string {
  return text.replace(/\$([\w ]+)\.(\w+)/, (_whole, name: string, field: string) => {
    const answer = done.get(name)?.answer ?? ''
    const members = answer.startsWith('{') ? (JSON.parse(answer) as Record<string, unknown>) : {}
    return String(members[field] ?? 'nothing')
  })
}

async function settled(client: Client, sent: Sent): Promise<Sent> {
  const uid = taskUidOf(sent)
  return { ...sent, task: uid === null ? null : await endedTask(client, uid) }
}

async function endedTask(client: Client, uid: number): Promise<string> {
  const headers = { authorization: `Bearer ${MASTER_KEY}` }
  for (;;) {
    const { body } = await client.request({ method: 'GET', path: `/tasks/${uid}`, headers })
    const text = await body.text()
    if (ENDED.has((JSON.parse(text) as { status: string }).status)) return text
    await pause(5)
  }
}
