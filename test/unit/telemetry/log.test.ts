import { describe, expect, it } from 'vitest'
import type { Call } from '../../../src/model/call.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { createLogger, errorFields, type LoggerOptions, redactText } from '../../../src/telemetry/log.ts'
import { createMetrics } from '../../../src/telemetry/metrics.ts'
import { type FinishedRequest, noteFacts, observeRequests } from '../../../src/telemetry/requests.ts'

function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const clock = new VirtualClock()
  const logger = createLogger({ level: 'info', clock, write: (line) => void lines.push(line), ...options })
  return { logger, clock, parsed: () => lines.map((line) => JSON.parse(line)), lines }
}

const call = { id: 'id-1' } as Call
const finished: FinishedRequest = {
  id: 'id-1',
  method: 'POST',
  template: '/indexes/{uid}/search',
  status: 200,
  durationMs: 12.34567,
  quiet: false,
  call,
}

describe('createLogger', () => {
  it('writes one JSON object a line, with a timestamp of its clock', async () => {
    const { logger, clock, lines, parsed } = record({ podId: 'pod-a' })
    await clock.advance(1_500)
    logger.info({ node_count: 3 }, 'hello')
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    expect(parsed()).toEqual([
      {
        level: 'info',
        timestamp: '2026-01-01T00:00:01.500Z',
        pod_id: 'pod-a',
        node_count: 3,
        message: 'hello',
      },
    ])
  })

  it('leaves out what is below its level', () => {
    const { logger, lines } = record({ level: 'warn' })
    logger.info({}, 'no')
    logger.debug({}, 'no')
    logger.warn({}, 'yes')
    logger.error({}, 'yes')
    expect(lines).toHaveLength(2)
    expect([logger.enabled('info'), logger.enabled('error')]).toEqual([false, true])
  })

  it('never writes keys', () => {
    const { logger, lines } = record()
    logger.info({ authorization: 'Bearer abc', master_key: 'abc', key: 'abc', token: 'abc' }, 'start')
    expect(lines.join('')).not.toContain('abc')
    expect(redactText('sent Bearer abc.def to n1')).toBe('sent Bearer [redacted] to n1')
  })

  it('describes errors without the text a parser quotes', () => {
    const parse = (): unknown => JSON.parse('{"title": secret}')
    let fields = {}
    try {
      parse()
    } catch (error) {
      fields = errorFields(error)
    }
    expect(JSON.stringify(fields)).not.toContain('secret')
    expect(fields).toMatchObject({ error_type: 'SyntaxError', stack: expect.stringContaining('    at ') })
    expect(errorFields(new TypeError('x is not a function'))['error_message']).toBe('x is not a function')
    expect(errorFields('text')).toEqual({ error_type: 'string' })
  })
})

describe('observeRequests', () => {
  it('writes one line a request, with the facts of its handler', () => {
    const { logger, parsed } = record()
    const observer = observeRequests(createMetrics({ process: false }), logger)
    observer.started()
    noteFacts(call, { index: 'films', nodeCount: 3 })
    noteFacts(call, { estimatedHits: 20, degraded: false })
    observer.finished(finished)
    expect(parsed()).toEqual([
      {
        level: 'info',
        timestamp: '2026-01-01T00:00:00.000Z',
        request_id: 'id-1',
        method: 'POST',
        path_template: '/indexes/{uid}/search',
        status: 200,
        duration_ms: 12.346,
        index: 'films',
        node_count: 3,
        estimated_hits: 20,
        degraded: false,
        message: 'request',
      },
    ])
  })

  it('keeps probes quiet and raises failures', () => {
    const { logger, parsed } = record()
    const observer = observeRequests(createMetrics({ process: false }), logger)
    observer.finished({ ...finished, quiet: true })
    observer.finished({ ...finished, status: 503, call: null })
    expect(parsed().map((line) => [line.level, line.status])).toEqual([['warn', 503]])
  })

  it('feeds the metrics', async () => {
    const metrics = createMetrics({ process: false })
    const observer = observeRequests(metrics, record().logger)
    observer.started()
    observer.finished(finished)
    observer.started()
    observer.refused('host')
    observer.limitHit('body_memory')
    const { body } = await metrics.render()
    expect(body).toContain(
      'miroir_requests_total{method="POST",path_template="/indexes/{uid}/search",status="200"} 1',
    )
    expect(body).toContain('miroir_requests_in_flight 1')
    expect(body).toContain('miroir_requests_refused_total{reason="host"} 1')
    expect(body).toContain('miroir_limit_hits_total{limit="body_memory"} 1')
  })
})
