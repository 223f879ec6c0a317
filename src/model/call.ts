import type { Deadline } from '../std/deadline.ts'

/** A client's request, free of any HTTP engine. */
export interface Call {
  /** UUIDv7, also answered as `X-Request-Id`. */
  readonly id: string
  readonly method: string
  /** Decoded path without query, duplicate and trailing slashes removed. */
  readonly path: string
  /** Template of the matched route, for metrics and logs: never a client's value. */
  readonly template: string
  /** Path parameters of the matched route, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Raw text after `?`, without it; empty when there is none. */
  readonly query: string
  /** Case-insensitive lookup; undefined when absent. */
  header(name: string): string | undefined
  /**
   * The whole body, unpacked; empty when there was none. Reading one that could not be unpacked throws what
   * the client shall hear. Released by the server after the reply was sent.
   */
  readonly body: Uint8Array
  readonly deadline: Deadline
  /** True once the client has gone; work may stop, results are dropped. */
  readonly aborted: () => boolean
}

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** What goes back to the client. */
export interface Reply {
  readonly status: number
  readonly headers?: HeaderList
  /** Absent: no body and no content type. */
  readonly contentType?: string
  readonly body?: Uint8Array | string
  /** For the log line; never sent. */
  readonly facts?: ReplyFacts
}

/** How an answer came about. */
export interface ReplyFacts {
  /** Nodes that were asked. */
  readonly nodeCount: number
  /** Hits in all, where the answer counts them. */
  readonly estimatedHits?: number
}

export type Handler = (call: Call) => Reply | Promise<Reply>

/** What a caller must hold to use a route. */
export type Access =
  | { readonly kind: 'public' }
  /** A Meilisearch key action such as `documents.add`; the master key has them all. */
  // `orAdmin`: the admin key opens the route too.
  | { readonly kind: 'action'; readonly action: string; readonly orAdmin?: boolean }
  /** The admin key, as Bearer or `X-Admin-Key`. */
  | { readonly kind: 'admin' }

export interface Route {
  readonly method: string
  /** Segments separated by `/`; `{name}` binds one segment. */
  readonly template: string
  readonly access: Access
  /** Its body is documents: where that is too long, nodes say it in other words. */
  readonly takesDocuments?: boolean
  /** Requests of this route are logged at debug level only (probes). */
  readonly quiet?: boolean
  readonly handler: Handler
}

export function json(status: number, value: unknown, headers?: HeaderList): Reply {
  const body = JSON.stringify(value)
  return headers === undefined
    ? { status, contentType: 'application/json', body }
    : { status, contentType: 'application/json', body, headers }
}

/**
 * Room for a body while it arrives. `memory` is backed by a SharedArrayBuffer and at least as long as asked
 * for.
 */
export interface WritableSlab {
  readonly memory: Uint8Array
  release(): void
}

/**
 * Bounded memory for bodies: `take` answers null when the budget is used up, and the caller sheds the
 * request.
 */
export interface SlabPool {
  take(bytes: number): WritableSlab | null
}
