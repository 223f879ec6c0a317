import { limits } from '../../config/limits.ts'
import type { Clock, Timer } from '../../std/clock.ts'

export interface UnsentOptions {
  readonly clock: Clock
  /** Bytes of replies that may wait for their readers, over all connections. */
  readonly bytesMax: number
  /** Called for every reader that is dropped. */
  readonly dropped: () => void
}

/** One reply that its reader has not taken in full. */
export interface UnsentReply {
  /** The reader took some; so many bytes are left. */
  left(bytes: number): void
  /** Nothing is owed any more. */
  over(): void
}

/**
 * Replies held in memory for readers that do not keep up. A reader is dropped that does not take a piece of
 * its reply in time, and, when too many bytes wait, whoever took nothing for the longest time.
 */
export class UnsentReplies {
  readonly #options: UnsentOptions
  /** In the order of their last progress. */
  readonly #held = new Set<Held>()
  #bytes = 0

  constructor(options: UnsentOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `drop` ends the connection; it is called at most once, and not after `over`. */
  hold(bytes: number, drop: () => void): UnsentReply {
    const held: Held = { bytes, markBytes: bytes, drop, timer: null }
    this.#held.add(held)
    this.#bytes += bytes
    this.#restart(held)
    while (this.#bytes > this.#options.bytesMax && this.#held.size > 1) this.#dropOldest()
    return { left: (now) => this.#progress(held, now), over: () => this.#forget(held) }
  }

  #progress(held: Held, bytes: number): void {
    if (!this.#held.delete(held)) return
    this.#held.add(held)
    this.#bytes += bytes - held.bytes
    held.bytes = bytes
    // A few bytes now and then are not reading.
    if (held.markBytes - bytes >= limits.replyPieceBytes) this.#restart(held)
  }

  #restart(held: Held): void {
    held.markBytes = held.bytes
    held.timer?.cancel()
    held.timer = this.#options.clock.after(limits.slowReaderMs, () => this.#drop(held))
  }

  #dropOldest(): void {
    for (const held of this.#held) {
      this.#drop(held)
      return
    }
  }

  #drop(held: Held): void {
    this.#forget(held)
    this.#options.dropped()
    held.drop()
  }

  #forget(held: Held): void {
    held.timer?.cancel()
    if (this.#held.delete(held)) this.#bytes -= held.bytes
  }
}

interface Held {
  bytes: number
  /** What was left when the present time began. */
  markBytes: number
  readonly drop: () => void
  timer: Timer | null
}
