import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  constants as zlibConstants,
} from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ServerOptions } from '../../../src/http/server.ts'
import type { Route } from '../../../src/model/call.ts'
import { type EngineName, type Rig, route, startRig, TestSlabs } from './rig.ts'
import { RawClient, type RawReply } from './socket.ts'

const TEXT = '[{"id":1}]'
const BIG = Buffer.alloc(900_000, 'all work and no play makes a dull body. ')
const INCOMPLETE = 'The provided payload is incomplete and cannot be parsed'

const echo = route('POST', '/echo', (call) => ({ status: 200, body: call.body }))
const blind = route('POST', '/blind', () => ({ status: 200, body: 'not read' }))
const documents = route('POST', '/documents', (call) => ({ status: 200, body: call.body }), {
  takesDocuments: true,
})

/** Bodies under an encoding; what nodes do with each was asked of a real one. */
export function encodings(engine: EngineName): void {
  const withRig = async (
    run: (rig: Rig) => Promise<void>,
    changes: Partial<ServerOptions> = {},
    routes: readonly Route[] = [echo, blind, documents],
  ): Promise<void> => {
    const rig = await startRig(engine, routes, changes)
    try {
      await run(rig)
      expect([rig.slabs.held, rig.observer.inFlight]).toEqual([0, 0])
    } finally {
      await rig.server.drain(0)
    }
  }

  describe('encodings', () => {
    it.each([
      ['gzip', gzipSync(BIG)],
      ['GZIP', gzipSync(BIG)],
      ['br', brotliCompressSync(BIG)],
      ['deflate', deflateSync(BIG)],
      ['identity', BIG],
      ['zstd', BIG],
      ['gzip, gzip', BIG],
    ])('%s arrives as it was before', async (encoding, body) => {
      await withRig(async (rig) => {
        for (const path of ['/echo', '/documents']) {
          const reply = await send(rig, path, encoding, body)
          expect([reply.status, reply.body.equals(BIG)]).toEqual([200, true])
        }
      })
    })

    it('counts what has come of a cut stream of two of them', async () => {
      await withRig(async (rig) => {
        const deflated = deflateSync(TEXT)
        const brotli = brotliCompressSync(TEXT)
        expect((await send(rig, '/echo', 'deflate', deflated.subarray(0, -2))).body.toString()).toBe(TEXT)
        expect((await send(rig, '/echo', 'br', brotli.subarray(0, -2))).body.toString()).toBe(
          TEXT.slice(0, -1),
        )
        expect((await send(rig, '/echo', 'br', Buffer.alloc(0))).status).toBe(200)
      })
    })

    const garbage = Buffer.from('garbage')
    const gzipped = gzipSync(TEXT)
    it.each([
      ['gzip', 'cut', gzipped.subarray(0, -1)],
      ['gzip', 'cut in its head', gzipped.subarray(0, 5)],
      ['gzip', 'with a wrong checksum', Buffer.concat([gzipped.subarray(0, -6), Buffer.alloc(6)])],
      ['gzip', 'with garbage behind it', Buffer.concat([gzipped, garbage])],
      ['gzip', 'of two members', Buffer.concat([gzipSync('[{"id":1},'), gzipSync('{"id":2}]')])],
      ['gzip', 'with nothing in it', Buffer.alloc(0)],
      ['gzip', 'that is none', Buffer.from(TEXT)],
      ['br', 'with garbage behind it', Buffer.concat([brotliCompressSync(TEXT), garbage])],
      ['br', 'that is none', Buffer.from(TEXT)],
      ['deflate', 'with garbage behind it', Buffer.concat([deflateSync(TEXT), garbage])],
      ['deflate', 'that is none', Buffer.from(TEXT)],
      ['deflate', 'without its frame', deflateRawSync(TEXT)],
    ])('%s %s is refused by whoever reads it', async (encoding, _, body) => {
      await withRig(async (rig) => {
        const reply = await send(rig, '/echo', encoding, body)
        expect([reply.status, JSON.parse(reply.body.toString())]).toEqual([
          400,
          expect.objectContaining({ code: 'bad_request', message: INCOMPLETE }),
        ])
        expect((await send(rig, '/blind', encoding, body)).body.toString()).toBe('not read')
      })
    })

    it('stops what unpacks to more than a body may have', async () => {
      await withRig(
        async (rig) => {
          const body = gzipSync(Buffer.alloc(10_000_000, 'x'), { level: 1 })
          const reply = await send(rig, '/documents', 'gzip', body)
          expect([reply.status, JSON.parse(reply.body.toString())]).toEqual([
            413,
            expect.objectContaining({
              code: 'payload_too_large',
              message:
                'The provided payload reached the size limit. The maximum accepted payload size is 1 MB.',
            }),
          ])
          const other = JSON.parse((await send(rig, '/echo', 'gzip', body)).body.toString())
          expect(other.message).toBe('JSON payload has exceeded limit (1000000 bytes).')
          expect(rig.observer.limits).toEqual(['body_bytes', 'body_bytes'])
        },
        { maxBodyBytes: 1_000_000 },
      )
    })

    it('stops what is out of proportion', async () => {
      await withRig(
        async (rig) => {
          const quality = { params: { [zlibConstants.BROTLI_PARAM_QUALITY]: 5 } }
          const body = brotliCompressSync(Buffer.alloc(20_000_000, 'x'), quality)
          const reply = await send(rig, '/echo', 'br', body)
          expect([reply.status, JSON.parse(reply.body.toString()).code]).toEqual([413, 'miroir_body_grows'])
        },
        { maxBodyBytes: 100_000_000 },
      )
    })

    it('gives memory back when there is none left and when the client leaves', async () => {
      const few = new TestSlabs(200_000)
      await withRig(
        async (rig) => {
          const reply = await send(rig, '/echo', 'gzip', gzipSync(BIG))
          expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
          expect(few.held).toBe(0)
        },
        { slabs: few },
      )
      await withRig(async (rig) => {
        const client = await RawClient.open(rig.port)
        client.send(head('/echo', 'gzip', gzipSync(BIG).length))
        client.send(gzipSync(BIG))
        client.destroy()
        for (let turn = 0; turn < 200 && rig.slabs.held + rig.observer.inFlight > 0; turn++) {
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })
    })
  })
}

function head(path: string, encoding: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${length}\r\n\r\n`
}

async function send(rig: Rig, path: string, encoding: string, body: Buffer): Promise<RawReply> {
  const client = await RawClient.open(rig.port)
  client.send(head(path, encoding, body.length))
  client.send(body)
  const [reply] = await client.replied(1)
  client.destroy()
  if (reply === undefined) throw new Error('no reply')
  return reply
}
