import type { Finding } from './problems.ts'
import type { WrittenConfig } from './schema.ts'

const PRODUCTION_KEY_BYTES_MIN = 16

export interface RuleContext {
  /** `MEILI_ENV=production` */
  readonly production: boolean
}

/** A rule that spans several keys. It is skipped while one of the keys it reads has a problem of its own. */
interface Rule {
  readonly reads: readonly string[]
  check(config: WrittenConfig, context: RuleContext): readonly Finding[]
}

const rules: readonly Rule[] = [
  { reads: ['nodes'], check: uniqueNodes },
  { reads: ['nodes'], check: nodeAddresses },
  { reads: ['nodes', 'replica_groups'], check: groupsInRange },
  { reads: ['nodes', 'replica_groups', 'replication_factor'], check: groupSizes },
  { reads: ['replica_groups', 'replication_factor', 'writes.min_acks'], check: acknowledgements },
  { reads: ['master_key', 'server.bind', 'metrics.bind', 'metrics.enabled'], check: loopbackWithoutKey },
  { reads: ['master_key'], check: productionKey },
  { reads: ['master_key', 'admin.api_key'], check: distinctKeys },
  { reads: ['server.port', 'metrics.port', 'metrics.enabled'], check: distinctPorts },
  { reads: ['server.max_body_bytes', 'limits.body_bytes_in_flight_max'], check: bodyFitsBudget },
  { reads: ['health.timeout_ms', 'health.interval_ms'], check: probeFitsInterval },
  { reads: ['task_store.backend', 'task_store.url'], check: storeBackend },
]

/** Runs every rule whose keys are sound. `broken` holds dotted paths that have problems. */
export function checkRules(
  config: WrittenConfig,
  context: RuleContext,
  broken: readonly string[],
): readonly Finding[] {
  return rules
    .filter((rule) => !rule.reads.some((key) => broken.some((path) => overlaps(key, path))))
    .flatMap((rule) => rule.check(config, context))
}

function between(min: number, max: number): string {
  return min === max ? String(min) : `a number from ${min} to ${max}`
}

function overlaps(key: string, path: string): boolean {
  return `${key}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${key}.`)
}

function uniqueNodes({ nodes }: WrittenConfig): Finding[] {
  const findings: Finding[] = []
  const ids = new Map<string, number>()
  const origins = new Map<string, string>()
  for (const [index, node] of nodes.entries()) {
    if (ids.has(node.id)) {
      const wrong = `node ${(ids.get(node.id) ?? 0) + 1} of the list has the id ${JSON.stringify(node.id)} too`
      findings.push({ path: ['nodes', index, 'id'], wrong, write: 'write an id of its own' })
    } else ids.set(node.id, index)
    const origin = originOf(node.address) ?? node.address
    const other = origins.get(origin)
    if (other !== undefined && other !== node.id) {
      const wrong = `node ${JSON.stringify(other)} has this address too, so both would hold the same data`
      findings.push({ path: ['nodes', index, 'address'], wrong, write: 'write the address of another node' })
    } else origins.set(origin, node.id)
  }
  return findings
}

function nodeAddresses({ nodes }: WrittenConfig): Finding[] {
  return nodes.flatMap(({ address }, index) =>
    originOf(address) === null
      ? [
          {
            path: ['nodes', index, 'address'],
            wrong: `${JSON.stringify(withoutCredentials(address))} is not the origin of a node`,
            write: `write ${JSON.stringify(nearestOrigin(address))} instead: scheme, host and port, nothing more`,
          },
        ]
      : [],
  )
}

/** Scheme, host and port without trailing slash, or null when the text holds anything else. */
export function originOf(address: string): string | null {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return null
  const url = new URL(address)
  const bare = url.pathname === '/' && url.search === '' && url.hash === ''
  return bare && !/[?#@]/.test(address) ? url.origin : null
}

function nearestOrigin(address: string): string {
  const fallback = 'http://10.0.0.7:7700'
  const candidate = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`
  if (!/^https?:/i.test(candidate) || !URL.canParse(candidate)) return fallback
  return new URL(candidate).origin
}

function withoutCredentials(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//…@')
}

function groupsInRange({ nodes, replica_groups: groups }: WrittenConfig): Finding[] {
  return nodes.flatMap(({ replica_group: group }, index) => {
    if (group < groups) return []
    const wrong = `group ${group} does not exist: \`replica_groups\` is ${groups}, and groups count from 0`
    const write = `write ${between(0, groups - 1)}, or \`replica_groups: ${group + 1}\``
    return [{ path: ['nodes', index, 'replica_group'], wrong, write }]
  })
}

function groupSizes(config: WrittenConfig): Finding[] {
  const { nodes, replica_groups: groups, replication_factor: copies } = config
  if (nodes.length === 0) return []
  const sizes = Array.from({ length: groups }, () => 0)
  for (const { replica_group: group } of nodes) sizes[group] = (sizes[group] ?? 0) + 1
  const smallest = Math.min(...sizes.slice(0, groups))
  const group = sizes.indexOf(smallest)
  if (smallest === 0) {
    const wrong = `group ${group} has no node, but every group must hold every shard`
    const write = `write \`replica_groups: ${groups - 1}\`, or \`replica_group: ${group}\` at some nodes`
    return [
      {
        path: ['replica_groups'],
        wrong,
        write: groups === 1 ? 'write `replica_group: 0` at the nodes' : write,
      },
    ]
  }
  if (copies <= smallest) return []
  const has = `${smallest} ${smallest === 1 ? 'node' : 'nodes'}`
  const wrong = `${copies} copies of a shard need ${copies} nodes, but group ${group} has ${has}`
  const write = `write ${smallest} instead, or add ${copies - smallest} to group ${group}`
  return [{ path: ['replication_factor'], wrong, write }]
}

function acknowledgements(config: WrittenConfig): Finding[] {
  const copies = config.replication_factor * config.replica_groups
  const needed = config.writes.min_acks
  if (needed <= copies) return []
  const wrong = `${needed} copies are to confirm a write, but a shard has ${copies}`
  return [{ path: ['writes', 'min_acks'], wrong, write: `write ${between(1, copies)} instead` }]
}

function loopbackWithoutKey(config: WrittenConfig): Finding[] {
  if (config.master_key !== null) return []
  const open = [
    ...(isLoopback(config.server.bind) ? [] : [{ path: ['server', 'bind'], bind: config.server.bind }]),
    ...(!config.metrics.enabled || isLoopback(config.metrics.bind)
      ? []
      : [{ path: ['metrics', 'bind'], bind: config.metrics.bind }]),
  ]
  return open.map(({ path, bind }) => ({
    path,
    wrong: `${JSON.stringify(bind)} can be reached from other machines, and there is no \`master_key\``,
    write: 'write `127.0.0.1` instead, or set `master_key` (environment: MIROIR_MASTER_KEY)',
  }))
}

function isLoopback(bind: string): boolean {
  return bind === 'localhost' || bind === '::1' || /^127(\.\d{1,3}){3}$/.test(bind)
}

function productionKey({ master_key: key }: WrittenConfig, { production }: RuleContext): Finding[] {
  const length = key === null ? 0 : new TextEncoder().encode(key).length
  if (!production || length >= PRODUCTION_KEY_BYTES_MIN) return []
  const has = key === null ? 'there is none' : `it has ${length} bytes`
  const wrong = `MEILI_ENV is production, which needs a key of at least ${PRODUCTION_KEY_BYTES_MIN} bytes; ${has}`
  return [
    {
      path: ['master_key'],
      wrong,
      write: 'write a longer random one, such as `openssl rand -hex 24` prints',
    },
  ]
}

function distinctKeys(config: WrittenConfig): Finding[] {
  if (config.master_key === null || config.master_key !== config.admin.api_key) return []
  const wrong = 'it equals `master_key`, so every holder of that could manage the cluster'
  return [{ path: ['admin', 'api_key'], wrong, write: 'write another random key' }]
}

function distinctPorts({ server, metrics }: WrittenConfig): Finding[] {
  if (!metrics.enabled || server.port !== metrics.port) return []
  const wrong = `port ${metrics.port} is the one of \`server\``
  const write = `write another port, such as ${metrics.port === 9090 ? 9091 : 9090}`
  return [{ path: ['metrics', 'port'], wrong, write }]
}

function bodyFitsBudget({ server, limits }: WrittenConfig): Finding[] {
  const budget = limits.body_bytes_in_flight_max
  if (server.max_body_bytes <= budget) return []
  const wrong = `a body of ${server.max_body_bytes} bytes exceeds \`limits.body_bytes_in_flight_max\` (${budget})`
  return [
    { path: ['server', 'max_body_bytes'], wrong, write: `write at most ${budget}, or raise that limit` },
  ]
}

function probeFitsInterval({ health }: WrittenConfig): Finding[] {
  if (health.timeout_ms <= health.interval_ms) return []
  const wrong = `a probe may take ${health.timeout_ms} ms, but the next one starts after ${health.interval_ms} ms`
  return [{ path: ['health', 'timeout_ms'], wrong, write: `write at most ${health.interval_ms}` }]
}

function storeBackend({ task_store: store }: WrittenConfig): Finding[] {
  if (store.backend === 'redis') {
    const wrong = '`redis` is not supported yet'
    return [
      { path: ['task_store', 'backend'], wrong, write: 'write `sqlite` instead, which serves one process' },
    ]
  }
  if (store.url === null) return []
  const wrong = 'an address has no meaning for the sqlite backend'
  return [{ path: ['task_store', 'url'], wrong, write: 'write `path` instead, or leave it out' }]
}
