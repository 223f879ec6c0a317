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
    'not served: similar documents',
    'similar bad',
    'similar no embedder',
    'similar',
    'similar missing',
  ),
  ...steps('merging facets of several indexes is refused', 'federation facets'),
  ...steps('not served: listing fields, dumps, snapshots, webhooks', 'fields', 'dump', 'snapshot'),
  ...steps('not served: listing fields, dumps, snapshots, webhooks', 'webhooks', 'webhook', 'webhook bad'),
])
