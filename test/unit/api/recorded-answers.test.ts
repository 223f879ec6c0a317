import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { documentEditRoutes } from '../../../src/api/edits/edit-documents.ts'
import { experimentalRoutes } from '../../../src/api/edits/experimental.ts'
import { indexRoutes } from '../../../src/api/indexes.ts'
import { settingsRoutes } from '../../../src/api/settings.ts'
import { statsRoutes } from '../../../src/api/stats.ts'
import { unsupportedRoutes } from '../../../src/api/unsupported.ts'
import { documentWriteRoutes } from '../../../src/api/write-documents.ts'
import { createFeatures } from '../../../src/features/experimental/experimental.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { indexView, RecordingWrites, type Sent, send, viewsOf } from './catalogue-doubles.ts'

/** Requests and what Meilisearch 1.50 answered them at once; a 202 is kept without its body. */
interface Recorded extends Sent {
  readonly status: number
  readonly answer?: string
}

const recorded: Recorded[] = readFileSync(new URL('./recorded-answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const views = viewsOf([indexView('films')])
const writes = new RecordingWrites()
const transport = { send: () => Promise.resolve({ kind: 'never-sent' } as const) }
const stats = {
  views,
  transport,
  reachability: { readable: () => true, federates: () => true },
  clock: new VirtualClock(),
  nodeTimeoutMs: 1,
}
const features = createFeatures({ setFeatures: async () => {} }, [])
const routes = [
  ...indexRoutes({ views, writes }),
  ...settingsRoutes({ views, writes }),
  ...documentWriteRoutes({ writes }),
  ...documentEditRoutes({ writes, features }),
  ...experimentalRoutes({ features }),
  ...statsRoutes(stats),
  ...unsupportedRoutes(),
]

describe('answers recorded from Meilisearch', () => {
  it.each(
    recorded.map((request) => [
      `${request.method} ${request.path} ${request.body?.slice(0, 60) ?? ''}`,
      request,
    ]),
  )('%s', async (_name, request) => {
    const { status, body } = await send(routes, request as Recorded)
    const wanted = request as Recorded
    if (wanted.answer === undefined) return expect({ status, body }).toMatchObject({ status: wanted.status })
    expect({ status, body }).toEqual({ status: wanted.status, body: wanted.answer })
  })
})
