import type { UnsentReplies } from './overload/unsent-replies.ts'

/** A request as it came over the wire: nothing decoded yet. */
export interface RequestHead {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  /** Name, value, name, value … in the order of the wire; names lower-cased, duplicates kept. */
  readonly headers: readonly string[]
}

/** A reply ready for the wire; header names and values are already checked. */
export interface WireReply {
  readonly status: number
  /** Name, value, name, value …; the engine adds the framing headers itself. */
  readonly headers: readonly string[]
  /** Null: no body is sent (HEAD, 204, 304). */
  readonly body: Uint8Array | null
  /** What `Content-Length` says; null: the header is left out. */
  readonly contentLength: number | null
  /** The connection ends after this reply. */
  readonly close: boolean
}

/** The way back to one client, for one request. */
export interface Wire {
  /**
   * Sends the reply. Calls `done` exactly once: when the last byte was handed over or the connection is gone.
   * The body's memory must stay untouched until then.
   */
  send(reply: WireReply, done: () => void): void
  /** Refuses bytes that are not sound HTTP and ends the connection, so that nothing behind them is served. */
  refuse(): void
  /** Stops reading a body that nobody wants; a no-op where the engine cannot after the reply. */
  drop(): void
}

/** Receives what follows a head. */
export interface Sink {
  /** Whether a body is awaited; false also when the request was answered before its body. */
  awaitsBody(): boolean
  /** `chunk` is only valid during the call. */
  data(chunk: Uint8Array): void
  end(): void
  /** The client has gone; may be called at any time, also after the reply. */
  gone(): void
}

/** What the engines need to know of the server above them. */
export interface Listener {
  /** Opens an exchange; null when it was refused. Never throws. */
  open(head: RequestHead, wire: Wire): Sink | null
  /** A request was refused because its bytes are not sound HTTP. */
  refused(reason: string): void
  /** Where replies are counted that their readers have not taken. */
  readonly unsent: UnsentReplies
}

export interface Engine {
  readonly name: 'uws' | 'node'
  /** Listens and tells the port. Rejects when the address cannot be taken. */
  listen(bind: string, port: number): Promise<number>
  /** Takes no new connections; connections that are open stay open. */
  stopAccepting(): void
  /** Ends every connection. */
  closeAll(): void
}
