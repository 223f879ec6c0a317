import type { Call, Reply } from '../../../src/model/call.ts'
import { type EngineName, route, startRig } from './rig.ts'
import { RawClient, type RawReply } from './socket.ts'

export interface RawCase {
  readonly name: string
  readonly expect: 'ok' | 'reject' | 'ok-or-reject'
  /** Text is sent byte for byte (latin-1); a number is a pause in milliseconds. */
  readonly send: readonly (string | number)[]
}

export interface Served {
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface Outcome {
  readonly replies: readonly RawReply[]
  readonly served: readonly Served[]
  readonly closed: boolean
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

/** Longest time a connection may stay without an answer and without an end. */
const PATIENCE_MS = 15_000
/** Time for something that should not come. */
const SETTLE_MS = 250

/** Sends a case to an echo server of its own and reports what came of it; rejects when nothing does. */
export async function runCase(engine: EngineName, raw: RawCase, expectedReplies: number): Promise<Outcome> {
  const served: Served[] = []
  const echo = (call: Call): Reply => {
    served.push({ method: call.method, path: call.path, body: Buffer.from(call.body).toString() })
    return { status: 200, contentType: 'application/octet-stream', body: call.body }
  }
  const routes = METHODS.flatMap((method) => [route(method, '/', echo), route(method, '/{name}', echo)])
  const rig = await startRig(engine, routes)
  const first = String(raw.send[0]).split(' ')[0] ?? ''
  const client = await RawClient.open(rig.port, [first])
  try {
    for (const part of raw.send) {
      if (typeof part === 'number') await pause(part)
      else client.send(part)
    }
    await Promise.race([client.settled(expectedReplies), never(PATIENCE_MS, raw.name)])
    await pause(SETTLE_MS)
    return { replies: [...client.replies], served: [...served], closed: client.closed }
  } finally {
    client.destroy()
    await rig.server.drain(0)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function never(ms: number, name: string): Promise<never> {
  await pause(ms)
  throw new Error(`${name}: neither an answer nor an end of the connection`)
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2)
}
