import type { NodeView } from '../model/view.ts'
import type { Cancel } from '../std/cancel.ts'
import type { Deadline } from '../std/deadline.ts'

export interface NodeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query, beginning with `/`. */
  readonly path: string
  /** Sent with a length, never chunked. Not touched after the outcome is known. */
  readonly body?: Uint8Array
  /** Default `application/json`. Only sent with a body. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whose key it carries; `node` unless said otherwise. Only `master` may create indexes and keys. */
  readonly authority?: 'node' | 'master'
  /** Longer answers are cut off and reported as `bad-answer`. */
  readonly answerBytesMax?: number
  /** For metrics: a fixed small set such as `search`, `write`, `tasks`, `probe`. */
  readonly operation: string
  /**
   * Reads are aborted at the deadline. Writes are not: the exchange is *parked* until it is answered or
   * breaks, and `late` of the ambiguous outcome tells which (M1).
   */
  readonly write: boolean
  /** Breaks a read off: its outcome is then *never-sent* or *ambiguous*. Writes do not listen. */
  readonly cancel?: Cancel
}

/** What became of a request. Never an exception. */
export type Outcome =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string
      /** Complete body, length checked. */
      readonly body: Uint8Array
    }
  /** Definitive: not one byte of it was written (connection refused, never started, shut down). */
  | { readonly kind: 'never-sent'; readonly reason: string }
  /** Anything may have happened: deadline, reset, cut or malformed answer. */
  | { readonly kind: 'ambiguous'; readonly reason: string; readonly late?: Promise<Outcome> }

/** The only door to nodes; tests and the simulator replace it. */
export interface Transport {
  send(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<Outcome>
  /** Ends idle connections and refuses new requests; resolves when those under way have ended. */
  close(): Promise<void>
}
