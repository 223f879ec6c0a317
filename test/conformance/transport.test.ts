import { describe } from 'vitest'
import type { Transport } from '../../src/nodes/transport.ts'
import { createUndiciTransport } from '../../src/nodes/undici.ts'
import { answerCases } from './transport/answer-cases.ts'
import { cancelCases } from './transport/cancel-cases.ts'
import { connectionCases } from './transport/connection-cases.ts'
import { deadlineCases } from './transport/deadline-cases.ts'
import { requestCases } from './transport/request-cases.ts'
import { type TransportSetup, World } from './transport/world.ts'

/** Every implementation of the port; all must pass the same cases. */
const transports: Readonly<Record<string, (setup: TransportSetup) => Transport>> = {
  undici: createUndiciTransport,
}

for (const [name, make] of Object.entries(transports))
  describe(`transport ${name} against a scripted node`, () => {
    const world = new World(make)
    requestCases(world)
    answerCases(world)
    connectionCases(world)
    deadlineCases(world)
    cancelCases(world)
  })
