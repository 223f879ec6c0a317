import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Seconds; fine below a millisecond, because the time this program adds is that small. */
const DURATION_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]
const FAN_OUT_BUCKETS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64]
const TASK_AGE_BUCKETS_S = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400]

const REQUEST_LABELS = ['method', 'path_template', 'status'] as const

/**
 * Declares every family once. Labels are route templates, methods, statuses, node ids and short fixed words;
 * never anything a client chose.
 */
export function declareFamilies(registry: Registry) {
  const kinds = kindsIn(registry)
  return {
    ...requestFamilies(kinds),
    ...nodeFamilies(kinds),
    ...copyFamilies(kinds),
    ...taskFamilies(kinds),
  }
}

export type Families = ReturnType<typeof declareFamilies>

type Kinds = ReturnType<typeof kindsIn>

function kindsIn(registry: Registry) {
  const registers = [registry]
  return {
    counter: <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: <Label extends string>(
      name: string,
      help: string,
      buckets: number[],
      ...labelNames: Label[]
    ) => new Histogram({ name, help, buckets, labelNames, registers }),
  }
}

function requestFamilies({ counter, gauge, histogram }: Kinds) {
  return {
    requestDuration: histogram(
      'miroir_request_duration_seconds',
      'Time from the head of a request to the decision on its answer.',
      DURATION_BUCKETS_S,
      ...REQUEST_LABELS,
    ),
    requests: counter('miroir_requests_total', 'Requests answered.', ...REQUEST_LABELS),
    requestsInFlight: gauge('miroir_requests_in_flight', 'Requests not answered yet.'),
    requestsRefused: counter(
      'miroir_requests_refused_total',
      'Connections ended because their bytes were not sound HTTP.',
      'reason',
    ),
    limitHits: counter('miroir_limit_hits_total', 'Times a bound of the program was hit.', 'limit'),
    scatterFanOut: histogram(
      'miroir_scatter_fan_out_size',
      'Nodes asked for one client request.',
      FAN_OUT_BUCKETS,
    ),
    scatterPartial: counter(
      'miroir_scatter_partial_responses_total',
      'Answers that left out shards without a readable copy.',
    ),
    scatterRetries: counter('miroir_scatter_retries_total', 'Parts of reads asked of another copy.'),
    scatterDeeper: counter(
      'miroir_scatter_deeper_total',
      'Nodes asked a second time for more hits of a deep page.',
    ),
    searchesLed: counter(
      'miroir_query_coalesce_leaders_total',
      'Searches asked of nodes that equal ones could join.',
    ),
    searchesJoined: counter(
      'miroir_query_coalesce_hits_total',
      'Searches that took part in an equal one already under way.',
    ),
    searches: gauge('miroir_searches', 'Reads under way, and reads waiting for room.', 'state'),
    searchesAllowed: gauge('miroir_searches_allowed', 'Reads that may be under way at once at present.'),
    eventLoopDelay: gauge(
      'miroir_event_loop_delay_seconds',
      'How late the main thread ran since the last reading, beyond its own sleep.',
      'quantile',
    ),
    ...planFamilies({ counter, gauge, histogram }),
    ...hedgeFamilies({ counter, gauge, histogram }),
    ...vectorFamilies({ counter, gauge, histogram }),
  }
}

function vectorFamilies({ counter }: Kinds) {
  return {
    queryVectors: counter(
      'miroir_query_vectors_total',
      'Vectors of queries needed: remembered (`hit`) or asked of a node (`miss`).',
      'outcome',
    ),
  }
}

function planFamilies({ counter, gauge }: Kinds) {
  return {
    queryPlanNarrowable: counter(
      'miroir_query_plan_narrowable_total',
      'Reads whose filter names primary keys, by whether fewer shards were asked for it.',
      'narrowed',
    ),
    queryPlanNarrowingRatio: gauge(
      'miroir_query_plan_narrowing_ratio',
      'Share of shards that the latest such read was asked of, 0 to 1.',
    ),
    explainRequests: counter('miroir_explain_requests_total', 'Plans of searches shown.'),
    explainExecutes: counter('miroir_explain_execute_total', 'Plans of searches shown and carried out.'),
    explainWarnings: counter(
      'miroir_explain_warnings_total',
      'Warnings on plans that were shown.',
      'warning_type',
    ),
  }
}

function hedgeFamilies({ counter }: Kinds) {
  return {
    hedges: counter(
      'miroir_hedge_fired_total',
      'Parts of reads asked of other copies too because their node was slow: `won` when those were first.',
      'outcome',
    ),
    hedgeRequests: counter('miroir_hedge_requests_total', 'Requests to nodes sent by hedges.'),
    hedgesWithoutBudget: counter(
      'miroir_hedge_budget_exhausted_total',
      'Hedges not sent because too many had been sent.',
    ),
    breakerOpened: counter(
      'miroir_node_breaker_opened_total',
      'Times a node was passed over from then on because its last exchanges all failed.',
      'node_id',
    ),
  }
}

function nodeFamilies({ counter, gauge, histogram }: Kinds) {
  return {
    nodeHealthy: gauge('miroir_node_healthy', '1 when the node answers, else 0.', 'node_id'),
    nodeRequestDuration: histogram(
      'miroir_node_request_duration_seconds',
      'Time of one exchange with a node.',
      DURATION_BUCKETS_S,
      'node_id',
      'operation',
    ),
    nodeErrors: counter(
      'miroir_node_errors_total',
      'Exchanges with a node that gave nothing usable.',
      'node_id',
      'error_type',
    ),
  }
}

function copyFamilies({ counter, gauge }: Kinds) {
  return {
    shardCoverage: gauge('miroir_shard_coverage', 'Share of shards that some readable copy covers, 0 to 1.'),
    degradedShards: gauge('miroir_degraded_shards_total', 'Shards with fewer readable copies than assigned.'),
    shardDistribution: gauge('miroir_shard_distribution', 'Copies of shards on a node.', 'node_id'),
    copies: gauge('miroir_copies', 'Copies of shards by state.', 'state'),
    viewEpoch: gauge('miroir_view_epoch', 'Epoch of the view this process reads by.'),
    copyRefills: counter('miroir_copy_refills_total', 'Copies brought back, by outcome.', 'outcome'),
    copiesLeft: counter('miroir_copies_left_total', 'Copies that left the written set, by reason.', 'reason'),
  }
}

function taskFamilies({ counter, gauge, histogram }: Kinds) {
  return {
    taskProcessingAge: histogram(
      'miroir_task_processing_age_seconds',
      'Time from the acceptance of a task to its end.',
      TASK_AGE_BUCKETS_S,
    ),
    tasks: counter('miroir_tasks_total', 'Tasks that ended, by outcome, and tasks accepted.', 'status'),
    taskRegistrySize: gauge('miroir_task_registry_size', 'Tasks in the store.'),
  }
}
