import { z } from 'zod'
import { limits } from './limits.ts'
import type { Camel } from './names.ts'

/*
 * The whole configuration: names, types, defaults, ranges and descriptions. Types, `config schema`,
 * docs/configuration.md and the messages of `config check` are all made from this one table.
 * Rules that span several keys are in rules.ts.
 */

const PORT_MAX = 65_535
const DAY_MS = 86_400_000
const BYTES_MAX = 2 ** 40

interface Range {
  readonly min: number
  readonly max: number
}

const whole = (fallback: number, range: Range, description: string) =>
  z.int().min(range.min).max(range.max).default(fallback).meta({ description })

const milliseconds = (fallback: number, description: string) =>
  whole(fallback, { min: 1, max: DAY_MS }, description)

const bytes = (fallback: number, description: string) =>
  whole(fallback, { min: 1, max: BYTES_MAX }, description)

const count = (fallback: number, description: string) =>
  whole(fallback, { min: 1, max: 10_000_000 }, description)

const port = (fallback: number, description: string) =>
  whole(fallback, { min: 1, max: PORT_MAX }, description)

const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).meta({ description })

const text = (fallback: string, description: string) =>
  z
    .string()
    .min(1)
    .default(fallback)
    .meta({ description, examples: [fallback] })

/** `writeOnly` is JSON Schema's word for a secret: it is masked wherever the configuration is shown. */
const secret = (description: string) =>
  z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description, writeOnly: true, examples: ['a-long-random-key'] })

const section = <Shape extends z.core.$ZodLooseShape>(description: string, shape: Shape) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description })

const node = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
    .meta({
      description:
        'Name of the node: 1 to 64 letters, digits, `.`, `_` or `-`, beginning with a letter or digit.',
      examples: ['node-a'],
    }),
  address: z.string().meta({
    description: 'Origin of the Meilisearch node: scheme, host and port.',
    examples: ['http://10.0.0.7:7700'],
  }),
  replica_group: whole(0, { min: 0, max: 63 }, 'Replica group of the node, from 0.'),
})

const server = section('The endpoint clients talk to.', {
  bind: text('127.0.0.1', 'Address to listen on. Anything but loopback needs `master_key`.'),
  port: port(7700, 'Port to listen on.'),
  engine: z
    .enum(['auto', 'uws', 'node'])
    .default('auto')
    .meta({ description: 'HTTP engine: `uws` is fast, `node` is strict; `auto` takes uws where it loads.' }),
  max_body_bytes: bytes(limits.bodyBytesMax, 'Longest request body; a longer one gets 413.'),
  max_concurrent_requests: count(
    limits.concurrentRequestsMax,
    'Requests under way at once; beyond it clients get 503 with `Retry-After`.',
  ),
  request_timeout_ms: milliseconds(30_000, 'Time from the end of a request’s body to its answer.'),
  drain_grace_ms: milliseconds(10_000, 'Time requests under way get to finish after SIGTERM.'),
})

const boundSection = section('Bounds of memory and queues. Change them only when a metric says one is hit.', {
  body_bytes_in_flight_max: bytes(limits.bodyBytesInFlightMax, 'Bytes of request bodies held at once.'),
  node_answer_bytes_max: bytes(limits.nodeAnswerBytesMax, 'Longest answer taken from a node.'),
  lane_bytes_max: bytes(limits.laneBytesMax, 'Bytes of write bodies waiting for nodes.'),
  lane_operations_max: count(limits.laneOperationsMax, 'Operations of one index that wait for one node.'),
  retained_ids_max: count(
    limits.retainedIdsMax,
    'Deleted ids kept with an operation; longer lists are compared.',
  ),
  node_connections_max: count(limits.nodeConnectionsMax, 'Connections to one node.'),
  kernel_queue_max: count(limits.kernelQueueMax, 'Calls waiting for a kernel worker.'),
})

export const schema = z.strictObject({
  master_key: secret(
    'Key that clients use, as `MEILI_MASTER_KEY` of a node. Without it only loopback is served.',
  ),
  node_master_key: secret('Master key of the Meilisearch nodes. Clients never see it.'),
  shards: whole(64, { min: 1, max: 4096 }, 'Shards of a new index. Existing indexes keep theirs.'),
  replication_factor: whole(1, { min: 1, max: 64 }, 'Copies of each shard inside one replica group.'),
  replica_groups: whole(1, { min: 1, max: 64 }, 'Sets of nodes that each hold every shard.'),
  nodes: z
    .array(node)
    .max(1024)
    .default([])
    .meta({ description: 'The Meilisearch nodes. `miroir serve` needs at least one.' }),
  task_store: section('Where tasks, catalogue and operation records are kept.', {
    backend: z
      .enum(['sqlite', 'redis'])
      .default('sqlite')
      .meta({ description: 'Kind of store. `redis` is not supported yet.' }),
    path: text('./data/miroir.db', 'Database file of the sqlite backend; its folder is created.'),
    url: secret('Address of the redis backend.').meta({
      description: 'Address of the redis backend.',
      writeOnly: true,
      examples: ['redis://127.0.0.1:6379'],
    }),
  }),
  admin: section('The management routes below `/_miroir`.', {
    api_key: secret(
      'Key for the management routes; the master key never opens them. Without it they are closed, unless there is no master key either.',
    ),
  }),
  server,
  metrics: section('Prometheus metrics, on a port of their own.', {
    enabled: flag(true, 'Serve `/metrics`.'),
    bind: text('127.0.0.1', 'Address to listen on.'),
    port: port(9090, 'Port to listen on.'),
  }),
  health: section('How nodes are watched.', {
    interval_ms: milliseconds(5000, 'Time between two probes of a node.'),
    timeout_ms: milliseconds(2000, 'Time a probe may take.'),
    unhealthy_threshold: count(3, 'Failed probes in a row until a node is not asked any more.'),
    recovery_threshold: count(2, 'Good probes in a row until it is asked again.'),
  }),
  scatter: section('How searches are spread over nodes.', {
    node_timeout_ms: milliseconds(5000, 'Time one node may take for its part of a search.'),
    hedge: section('Asking another copy too when a node is slower than nearly all answers are. Reads only.', {
      enabled: flag(true, 'Ask another copy too.'),
      min_trigger_ms: milliseconds(15, 'No copy is asked too sooner than this.'),
      budget_percent: whole(5, { min: 1, max: 100 }, 'Most such requests per hundred requests to nodes.'),
    }),
    unavailable_shard_policy: z.enum(['partial', 'error']).default('partial').meta({
      description:
        'When no copy of a shard answers: `partial` answers with the rest and `X-Miroir-Degraded`, `error` with 503.',
    }),
  }),
  search: section('How searches are answered.', {
    latency_target_ms: milliseconds(
      500,
      'Reads are shed with 503 while they take longer than this, and three times longer than usual.',
    ),
    coalesce: flag(true, 'Equal searches made at the same moment share one round of requests to nodes.'),
    hybrid_mode: z.enum(['exact', 'fast']).default('exact').meta({
      description:
        'Hybrid searches over several nodes: `exact` asks by words first and then by the vector, `fast` asks once and labels the answer `X-Miroir-Approximate`.',
    }),
  }),
  query_planner: section('How reads are narrowed to the shards of the primary keys that a filter names.', {
    enabled: flag(true, 'Ask only the shards that can hold the documents a filter names.'),
    max_pk_literals_narrowable: whole(
      limits.narrowableKeysMax,
      { min: 1, max: 10_000 },
      'Spellings of keys that a filter may stand for; one that stands for more is asked everywhere.',
    ),
  }),
  writes: section('How writes are spread over nodes.', {
    min_acks: whole(
      1,
      { min: 1, max: 4096 },
      'Copies that must hold a write before it is answered with 202.',
    ),
    max_trail_ms: milliseconds(
      10_000,
      'Time a copy may trail the others before it is repaired instead of waited for.',
    ),
    node_timeout_ms: milliseconds(10_000, 'Time one node may take to accept a write.'),
  }),
  kernel: section('The byte work: splitting documents, merging hits.', {
    inline_max_bytes: whole(
      262_144,
      { min: 0, max: BYTES_MAX },
      'Work up to this size runs on the main thread, larger work on workers; 0 sends everything to workers.',
    ),
    workers: whole(
      0,
      { min: 0, max: 256 },
      'Worker threads; 0 takes one per processor but one, at least one.',
    ),
  }),
  compat: section('Where this endpoint may differ from one node.', {
    missing_primary_key: z.enum(['error', 'task']).default('error').meta({
      description:
        'A document without the primary key: `error` refuses the batch with 400, `task` fails in the task as a node does.',
    }),
  }),
  task_registry: section('How long finished tasks are kept.', {
    ttl_seconds: whole(604_800, { min: 60, max: 315_360_000 }, 'Age at which finished tasks are removed.'),
    prune_interval_s: whole(300, { min: 1, max: 86_400 }, 'Seconds between two removals.'),
  }),
  log: section('The log, one JSON object a line on standard output.', {
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .meta({ description: 'Least serious level that is written.' }),
  }),
  limits: boundSection,
})

/** The configuration as the file spells it, validated and complete. */
export type WrittenConfig = z.output<typeof schema>

/** The configuration as the program uses it. */
export type Config = Camel<WrittenConfig>
