import { json, type Route } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import { readiness } from './readiness.ts'
import { shardsBody } from './shards.ts'
import { type TopologyDeps, topologyBody } from './topology.ts'

export interface AdminDeps extends TopologyDeps {
  /** Everything measured, in the Prometheus text format. */
  readonly renderMetrics: () => string | Promise<string>
}

const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Management routes that only read. All need the admin key but `ready`, which load balancers ask. */
export function adminRoutes(deps: AdminDeps): Route[] {
  return [
    {
      method: 'GET',
      template: '/_miroir/topology',
      access: { kind: 'admin' },
      handler: () => json(200, topologyBody(deps)),
    },
    {
      method: 'GET',
      template: '/_miroir/shards',
      access: { kind: 'admin' },
      handler: (call) => {
        const uid = new URLSearchParams(call.query).get('index')
        const body = shardsBody(deps, uid)
        if (body === null) throw fail('index_not_found', { uid: uid ?? '' })
        return json(200, body)
      },
    },
    {
      method: 'GET',
      template: '/_miroir/ready',
      access: { kind: 'public' },
      quiet: true,
      handler: () => {
        const body = readiness(deps.views.current(), deps.health)
        return json(body.status === 'ready' ? 200 : 503, body)
      },
    },
    {
      method: 'GET',
      template: '/_miroir/metrics',
      access: { kind: 'admin' },
      quiet: true,
      handler: async () => ({
        status: 200,
        contentType: METRICS_CONTENT_TYPE,
        body: await deps.renderMetrics(),
      }),
    },
  ]
}
