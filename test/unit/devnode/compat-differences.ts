const steps = (reason: string, ...names: readonly string[]): [string, string][] =>
  names.map((name) => [name, reason])

/** Recorded steps that the embedded node answers differently, and why. */
export const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ...steps('no experimental feature can be switched on', 'experimental on'),
  ...steps(
    'the same refusal; a real node names a later place for an array of plain values',
    'docs array of numbers',
  ),
  ...steps(
    'no vectors: embedders and searches with them are refused, `_vectors` is a member like any other',
    'search bad hybrid',
    'search bad vector',
    'similar bad',
    'similar no embedder',
    'embedder',
    'search vector',
    'search hybrid',
    'similar',
    'similar missing',
    'docs bad dimension',
    'doc vectors',
  ),
  ...steps(
    'tasks after the refused embedder: there is one task less, and one that failed there succeeded here',
    'tasks',
    'tasks from',
    'tasks reverse',
    'tasks status',
    'tasks limit 0',
    'batches',
  ),
  ...steps('facets of several indexes are not merged', 'federation facets'),
  ...steps('not served: listing fields, dumps, snapshots, webhooks', 'fields', 'dump', 'snapshot'),
  ...steps('not served: listing fields, dumps, snapshots, webhooks', 'webhooks', 'webhook', 'webhook bad'),
])
