import { describe, expect, it } from 'vitest'
import { startMetricsServer } from '../../../src/http/metrics-server.ts'
import { createMetrics } from '../../../src/telemetry/metrics.ts'

const FAMILIES = [
  'miroir_request_duration_seconds',
  'miroir_requests_total',
  'miroir_requests_in_flight',
  'miroir_requests_refused_total',
  'miroir_limit_hits_total',
  'miroir_node_healthy',
  'miroir_node_request_duration_seconds',
  'miroir_node_errors_total',
  'miroir_shard_coverage',
  'miroir_degraded_shards_total',
  'miroir_shard_distribution',
  'miroir_task_processing_age_seconds',
  'miroir_tasks_total',
  'miroir_task_registry_size',
  'miroir_scatter_fan_out_size',
  'miroir_scatter_partial_responses_total',
  'miroir_query_vectors_total',
  'miroir_scatter_deeper_total',
  'miroir_scatter_retries_total',
  'miroir_query_coalesce_leaders_total',
  'miroir_query_coalesce_hits_total',
  'miroir_hedge_fired_total',
  'miroir_searches',
  'miroir_searches_allowed',
  'miroir_event_loop_delay_seconds',
  'miroir_hedge_requests_total',
  'miroir_hedge_budget_exhausted_total',
  'miroir_node_breaker_opened_total',
  'miroir_explain_requests_total',
  'miroir_explain_execute_total',
  'miroir_explain_warnings_total',
  'miroir_query_plan_narrowable_total',
  'miroir_query_plan_narrowing_ratio',
  'miroir_copies',
  'miroir_view_epoch',
  'miroir_copy_refills_total',
  'miroir_copies_left_total',
]
const LABELS = new Set([
  'method',
  'path_template',
  'status',
  'node_id',
  'operation',
  'error_type',
  'reason',
  'limit',
  'state',
  'outcome',
  'quantile',
  'narrowed',
  'warning_type',
  'le',
])

function recorded() {
  const eventLoop = () => ({ p50S: 0.001, p99S: 0.02, maxS: 0.3 })
  const metrics = createMetrics({ process: false, eventLoop })
  metrics.beforeRender(() => metrics.searches({ running: 3, waiting: 2, allowed: 64 }))
  metrics.requestStarted()
  metrics.requestFinished({ method: 'GET', template: '/health', status: 200, durationMs: 3 })
  metrics.requestFinished({ method: 'BREW', template: 'unmatched', status: 405, durationMs: 3 })
  metrics.nodeHealthy('n1', true)
  metrics.nodeHealthy('n2', false)
  metrics.nodeExchange('n1', 'search', 20)
  metrics.queryVector(true)
  metrics.breakerOpened('n1')
  metrics.breakerOpened('n2')
  for (const event of ['sent', 'won', 'lost', 'no-budget'] as const) metrics.hedge(event)
  metrics.nodeExchange('n2', 'search', 20)
  metrics.nodeError('n2', 'unreachable')
  metrics.shardsOnNode('n1', 12)
  metrics.shardCoverage(0.5)
  metrics.degradedShards(2)
  metrics.copies('current', 7)
  metrics.viewEpoch(42)
  metrics.copyRefilled('done')
  metrics.copyLeft('timeout')
  metrics.taskCounted('succeeded')
  metrics.taskAge(2_000)
  metrics.taskRegistrySize(9)
  metrics.scatterFanOut(3)
  metrics.scatterPartial()
  metrics.scatterRetry()
  metrics.queryPlanNarrowable(1)
  metrics.planExplained(['uncovered_shards'], true)
  metrics.planExplained([], false)
  metrics.queryPlanNarrowable(0.25)
  return metrics
}

describe('createMetrics', () => {
  it('declares every family once, with help', async () => {
    const { body, contentType } = await createMetrics({ process: false }).render()
    const declared = [...body.matchAll(/^# HELP (\S+) \S/gm)].map((match) => match[1])
    expect(declared.sort()).toEqual([...FAMILIES].sort())
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  it('labels nothing with what clients chose', async () => {
    const { body } = await recorded().render()
    const labels = [...body.matchAll(/[{,](\w+)="/g)].map((match) => match[1] ?? '')
    expect(labels.filter((label) => !LABELS.has(label))).toEqual([])
    expect(body).not.toContain('BREW')
    expect(body).toContain('miroir_requests_total{method="other",path_template="unmatched",status="405"} 1')
  })

  it.each([
    'miroir_request_duration_seconds_bucket{le="0.005",method="GET",path_template="/health",status="200"} 1',
    'miroir_node_healthy{node_id="n1"} 1',
    'miroir_node_healthy{node_id="n2"} 0',
    'miroir_node_request_duration_seconds_sum{node_id="n1",operation="search"} 0.02',
    'miroir_node_errors_total{node_id="n2",error_type="unreachable"} 1',
    'miroir_shard_distribution{node_id="n1"} 12',
    'miroir_shard_coverage 0.5',
    'miroir_degraded_shards_total 2',
    'miroir_copies{state="current"} 7',
    'miroir_view_epoch 42',
    'miroir_query_plan_narrowable_total{narrowed="false"} 1',
    'miroir_query_plan_narrowable_total{narrowed="true"} 1',
    'miroir_query_plan_narrowing_ratio 0.25',
    'miroir_explain_requests_total 2',
    'miroir_explain_execute_total 1',
    'miroir_explain_warnings_total{warning_type="uncovered_shards"} 1',
    'miroir_copy_refills_total{outcome="done"} 1',
    'miroir_copies_left_total{reason="timeout"} 1',
    'miroir_tasks_total{status="succeeded"} 1',
    'miroir_task_processing_age_seconds_sum 2',
    'miroir_task_registry_size 9',
    'miroir_scatter_fan_out_size_sum 3',
    'miroir_scatter_partial_responses_total 1',
    'miroir_scatter_retries_total 1',
    'miroir_searches{state="waiting"} 2',
    'miroir_searches_allowed 64',
    'miroir_event_loop_delay_seconds{quantile="0.99"} 0.02',
    'miroir_hedge_fired_total{outcome="won"} 1',
    'miroir_node_breaker_opened_total{node_id="n1"} 1',
  ])('records %s', async (line) => {
    expect((await recorded().render()).body).toContain(`${line}\n`)
  })

  it('forgets a node that was removed', async () => {
    const metrics = recorded()
    metrics.forgetNode('n2')
    const { body } = await metrics.render()
    expect(body).not.toContain('n2')
    expect(body).toContain('n1')
  })

  it('adds the process when asked', async () => {
    const { body } = await createMetrics().render()
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(body).toContain(name)
    }
  })
})

describe('startMetricsServer', () => {
  it('serves the metrics and nothing else', async () => {
    const server = await startMetricsServer({ bind: '127.0.0.1', port: 0, metrics: recorded() })
    const at = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)
    const answer = await at('/metrics')
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await answer.text()).toContain('miroir_view_epoch 42')
    expect((await at('/')).status).toBe(404)
    expect((await at('/metrics', { method: 'POST' })).status).toBe(405)
    await server.close()
  })

  it('answers 500 when rendering fails', async () => {
    const metrics = { render: () => Promise.reject(new Error('broken')) }
    const server = await startMetricsServer({ bind: '127.0.0.1', port: 0, metrics })
    expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(500)
    await server.close()
  })
})
