/** Every bound of the program in one place. Sizes in bytes, times in milliseconds. */
export const limits = {
  /** Nesting of JSON documents; what a node's parser accepts. */
  jsonDepthMax: 128,
  /** Default of `server.max_body_bytes`. */
  bodyBytesMax: 104_857_600,
  /** Bytes of request bodies held at once; beyond it requests are shed with 503. */
  bodyBytesInFlightMax: 536_870_912,
  /** What any compressed body may unpack to. */
  unpackedBytesMin: 4_194_304,
  /** Bytes unpacked for each byte of a compressed body beyond that; texts rarely reach 50. */
  unpackedGrowthMax: 250,
  /** Requests under way at once; beyond it 503 with `Retry-After`. */
  concurrentRequestsMax: 2_000,
  /** Longest request head; engine `node` only, `uws` has its own bound. */
  headBytesMax: 32_768,
  /** Time for a request head to arrive; engine `node` only. */
  headMs: 10_000,
  /** Rest of a client's connection between requests (`node`); longer than common proxies keep one. */
  idleConnectionMs: 75_000,
  /** A request body slower than this over a whole request timeout is given up with 408. */
  uploadBytesPerSecondMin: 65_536,
  /** How long the rest of a refused request's body is read and thrown away. */
  discardedBodyMs: 30_000,
  /** Bytes of replies waiting for slow readers; beyond it those that took nothing for longest are dropped. */
  unsentBytesMax: 268_435_456,
  /** A reply of which its reader takes no piece (`replyPieceBytes`) for this long is given up. */
  slowReaderMs: 30_000,
  /** Replies above this are handed over in pieces of this size. */
  replyPieceBytes: 262_144,
  /** Connections that may wait to be accepted. */
  listenBacklog: 1_024,
  /** Longest answer taken from a node. */
  nodeAnswerBytesMax: 268_435_456,
  /** Bytes of JSON that any CSV body may become. */
  csvBytesMin: 1_048_576,
  /** Bytes of JSON for each byte of CSV beyond that: a short line may stand for many long names. */
  csvGrowthMax: 64,
  /** Deleted ids kept with an operation; a longer list is kept as the mark "compare". */
  retainedIdsMax: 10_000,
  /** Bytes of write bodies waiting in all lanes. */
  laneBytesMax: 268_435_456,
  /**
   * Copies that have not answered a write after this are taken out of reads, so that the client need not
   * wait.
   */
  writeGraceMs: 300,
  /** How long a write that surely reached nobody is offered again, before its task fails. */
  writeResendMs: 30_000,
  /** Operations of one index that wait for one node, or for its acknowledgement. */
  laneOperationsMax: 10_000,
  /** Reads waiting for room; beyond it they are shed with 503. */
  searchQueueMax: 1_000,
  /** Age up to which a search under way may be joined by equal ones. */
  sharingWindowMs: 50,
  /** Searches that may share the answer of one. */
  sharersMax: 1_000,
  /** Searches under way that others may join. */
  sharedSearchesMax: 10_000,
  /** Longest body of a search that is shared, in characters: it is its own key. */
  sharedTextMax: 16_384,
  /** Connections to one node. */
  nodeConnectionsMax: 128,
  /** Values per facet asked of nodes, at least. */
  nodeFacetValuesMin: 1_000,
  /** Vectors of queries remembered, about 20 KB each. */
  queryVectorsMax: 1_000,
  /** Searches in one multi-search. */
  multiSearchQueriesMax: 1_000,
  /**
   * Spellings of primary keys that a read is narrowed by; a filter that stands for more is asked everywhere.
   */
  narrowableKeysMax: 128,
  /** Calls waiting for a kernel worker. */
  kernelQueueMax: 1_024,
  /**
   * Rows of one page of tasks: they are built in one turn of the main thread. A longer page is cut and has a
   * `next`.
   */
  taskPageRowsMax: 10_000,
  /** Calls that share one commit of the store. */
  storeCommitCallsMax: 1_000,
  /** Calls waiting for the store; beyond it they are refused. */
  storeQueueMax: 100_000,
  /** Finished tasks deleted in one pass of the pruner. */
  prunedTasksMax: 10_000,
  /** Finished tasks deleted in one transaction, so that writes never wait long behind it. */
  prunedTasksPerCommit: 1_000,
} as const
