/** Every bound of the program in one place. Sizes in bytes, times in milliseconds. */
export const limits = {
  /** Nesting of JSON documents; what a node's parser accepts. */
  jsonDepthMax: 128,
  /** Default of `server.max_body_bytes`, as a node's. */
  bodyBytesMax: 104_857_600,
  /** Bytes of request bodies held at once; beyond it requests are shed with 503. */
  bodyBytesInFlightMax: 536_870_912,
  /** Requests under way at once; beyond it 503 with `Retry-After`. */
  concurrentRequestsMax: 2_000,
  /** Longest answer taken from a node. */
  nodeAnswerBytesMax: 268_435_456,
  /** Deleted ids kept with an operation; a longer list is kept as the mark "compare". */
  retainedIdsMax: 10_000,
  /** Bytes of write bodies waiting in all lanes. */
  laneBytesMax: 268_435_456,
  /** Operations waiting in one lane. */
  laneOperationsMax: 10_000,
  /** Connections to one node. */
  nodeConnectionsMax: 128,
  /** Values per facet asked of nodes, at least. */
  nodeFacetValuesMin: 1_000,
  /** Calls waiting for a kernel worker. */
  kernelQueueMax: 1_024,
  /** Rows of one page of tasks, indexes or documents. */
  pageRowsMax: 1_000_000,
} as const
