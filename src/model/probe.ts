/** What a probe of a node found. Never an exception. */
export type ProbeResult =
  | {
      readonly kind: 'ok'
      readonly version: string
      /** Newest task uid; -1 when the node has no task. */
      readonly newestTask: number
      /** It answers internal federated searches: the runtime flag `network` is set. */
      readonly federates: boolean
    }
  /**
   * `hard`: it refuses or breaks connections, or says itself that it is not well; otherwise it is merely
   * slow.
   */
  | { readonly kind: 'unreachable'; readonly error: string; readonly hard: boolean }
  /** It answers, but must not be used. */
  | {
      readonly kind: 'rejected'
      readonly cause: 'incompatible' | 'unauthorized' | 'amnesia' | 'conflict'
      readonly error: string
      readonly version: string | null
    }
