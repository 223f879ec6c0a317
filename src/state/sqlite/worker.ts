/** Entry of the store's own thread: a sync to disk must never stop a search. */
import { parentPort } from 'node:worker_threads'
import { failure } from './batch.ts'
import type { StoreReply, StoreRequest } from './protocol.ts'
import type { Session } from './session.ts'
import { openSession } from './session.ts'

const port = parentPort
if (port === null) throw new Error('the store worker must be started as a worker thread')

let session: Session | null = null

function answer(request: StoreRequest): StoreReply {
  if (request.kind === 'calls') return session?.batches.run(request.calls) ?? request.calls.map(notOpen)
  session?.close()
  session = null
  if (request.kind === 'close') return [{ ok: true, value: null }]
  session = openSession(request)
  return [{ ok: true, value: session.snapshot }]
}

function notOpen() {
  return { ok: false, reason: 'unavailable', message: 'the store is not open' } as const
}

port.on('message', (request: StoreRequest) => {
  let reply: StoreReply
  try {
    reply = answer(request)
  } catch (error) {
    reply = [failure(error)]
  }
  port.postMessage(reply)
})
