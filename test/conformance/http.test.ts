import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Outcome, type RawCase, runCase } from './http/exchange-case.ts'
import { ENGINES, type EngineName } from './http/rig.ts'

const { cases } = JSON.parse(readFileSync(new URL('http/cases.json', import.meta.url), 'utf8')) as {
  cases: RawCase[]
}

/**
 * What uws does instead of what the case asks for, because its parser decides before this program sees
 * anything.
 */
const UWS_DIFFERENT: Readonly<Record<string, 'served' | 'closed'>> = {
  'chunk bare LF': 'served',
  'chunk wrong term': 'served',
  'empty hdr name': 'served',
  'pipeline x2': 'closed',
  'hdr 5KB frag': 'closed',
  '60 headers': 'closed',
}

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n'
const length = `Content-Length: ${HIDDEN.length}\r\n`

/** Bytes of one request that a lax parser takes for two. */
const smuggling: RawCase[] = [
  hidden('GET behind an empty name, together', 'GET', `: z\r\n${length}`, 0),
  hidden('GET behind an empty name, later', 'GET', `: z\r\n${length}`, 150),
  hidden('POST behind an empty name, together', 'POST', `: z\r\n${length}`, 0),
  hidden('POST behind an empty name, later', 'POST', `: z\r\n${length}`, 150),
  hidden('two lengths, the first 0', 'POST', `Content-Length: 0\r\n${length}`, 150),
  hidden('two lengths, the last 0', 'POST', `${length}Content-Length: 0\r\n`, 150),
  hidden('empty length', 'POST', 'Content-Length:\r\n', 150),
  hidden('unknown coding', 'POST', `Transfer-Encoding: xchunked\r\n${length}`, 150),
  hidden('chunked and a length', 'POST', `Transfer-Encoding: chunked\r\n${length}`, 150),
]

/** The one way a hidden request is served on uws. */
const UWS_SMUGGLED = 'GET behind an empty name, later'

function hidden(name: string, method: string, fields: string, pauseMs: number): RawCase {
  const head = `${method} /seen HTTP/1.1\r\nHost: x\r\n${fields}\r\n`
  return { name, expect: 'reject', send: pauseMs === 0 ? [head + HIDDEN] : [head, pauseMs, HIDDEN] }
}

function expectedReplies({ name }: RawCase): number {
  return name === 'pipeline x2' ? 2 : 1
}

function checkOk(raw: RawCase, { replies, served }: Outcome): void {
  const count = expectedReplies(raw)
  expect(replies.map((reply) => reply.status)).toEqual(Array(count).fill(200))
  expect(served).toHaveLength(count)
  if (!raw.send.join('').includes('hello')) return
  expect(served[0]?.body).toBe('hello')
  expect(replies[0]?.body.toString()).toBe('hello')
}

function checkRejected({ replies, served, closed }: Outcome): void {
  expect(served).toEqual([])
  expect(replies.filter((reply) => reply.status < 400)).toEqual([])
  expect(closed || replies.length > 0).toBe(true)
}

function checkCase(raw: RawCase, outcome: Outcome): void {
  const refused = outcome.served.length === 0
  if (raw.expect === 'ok' || (raw.expect === 'ok-or-reject' && !refused)) checkOk(raw, outcome)
  else checkRejected(outcome)
}

function checkDifferent(what: 'served' | 'closed', { replies, closed }: Outcome): void {
  if (what === 'served') expect(replies.map((reply) => reply.status)).toEqual([200])
  else expect({ replies, closed }).toEqual({ replies: [], closed: true })
}

describe.each(ENGINES)('raw HTTP on %s', (engine: EngineName) => {
  const outcomes = new Map<string, Outcome | Error>()

  // All at once: some connections on uws only end when its own timer fires, after about ten seconds.
  beforeAll(async () => {
    await Promise.all(
      [...cases, ...smuggling].map(async (raw) => {
        const outcome = await runCase(engine, raw, expectedReplies(raw)).catch((error: Error) => error)
        outcomes.set(raw.name, outcome)
      }),
    )
  })

  const outcomeOf = (raw: RawCase): Outcome => {
    const outcome = outcomes.get(raw.name)
    if (outcome === undefined || outcome instanceof Error) throw outcome
    return outcome
  }

  it.each(cases)('$name: $expect', (raw) => {
    const different = engine === 'uws' ? UWS_DIFFERENT[raw.name] : undefined
    if (different === undefined) checkCase(raw, outcomeOf(raw))
    else checkDifferent(different, outcomeOf(raw))
  })

  it.each(smuggling)('hides no request: $name', (raw) => {
    const paths = outcomeOf(raw).served.map((request) => request.path)
    if (engine === 'node') expect(paths).toEqual([])
    else if (raw.name === UWS_SMUGGLED) expect(paths).toEqual(['/seen', '/hidden'])
    else expect(paths).not.toContain('/hidden')
  })
})

describe('docs/http.md', () => {
  it('names exactly the cases uws does not meet', () => {
    const text = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8')
    const section = text.split('## What uws does differently')[1]?.split('\n## ')[0] ?? ''
    const named = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1])
    expect(named.sort()).toEqual([...Object.keys(UWS_DIFFERENT), UWS_SMUGGLED].sort())
  })
})
