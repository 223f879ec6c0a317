import type { Store, StoreSeed } from '../../model/store.ts'

/**
 * The port without its promises: what the store's own thread implements. Every method runs inside a
 * transaction.
 */
export type SyncStore = {
  readonly [Method in Exclude<keyof Store, 'open' | 'close'>]: (
    ...given: Parameters<Store[Method]>
  ) => Awaited<ReturnType<Store[Method]>>
}

export type StoreMethod = keyof SyncStore

/**
 * Methods that change nothing: they run after the commit of their batch, and also when nothing can be
 * written.
 */
export const READS: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  'getTask',
  'listTasks',
  'countTasks',
  'settledAfter',
])

/** What a new store is given for life; made by the main thread so that it can be reproduced in tests. */
export interface Birth {
  readonly clusterId: string
  readonly searchKeyUid: string
  readonly adminKeyUid: string
  readonly createdMs: number
}

export interface OpenRequest {
  readonly kind: 'open'
  readonly path: string
  readonly busyTimeoutMs: number
  /** Upper bound of the file; null = the disk. */
  readonly bytesMax: number | null
  readonly seed: StoreSeed
  readonly birth: Birth
}

export interface StoreCall {
  readonly method: StoreMethod
  readonly given: readonly unknown[]
}

/** The client has one request under way at a time; what arrives meanwhile becomes the next one. */
export type StoreRequest =
  | OpenRequest
  | { readonly kind: 'calls'; readonly calls: readonly StoreCall[] }
  | { readonly kind: 'close' }

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'conflict' | 'unavailable' | 'bug'; readonly message: string }

/** One outcome per call, in order; one for opening or closing. */
export type StoreReply = readonly Outcome[]
