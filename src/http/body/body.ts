import type { SlabPool, WritableSlab } from '../../model/call.ts'

/** First slab of a body whose length is not announced; doubled whenever it is full. */
const FIRST_SLAB_BYTES = 16_384

export type Appended = 'ok' | 'too-large' | 'no-memory'

/** A request body while it arrives: one slab when its length is known, else slabs that double. */
export class Body {
  readonly #slabs: SlabPool
  readonly #bytesMax: number
  #slab: WritableSlab | null
  #length = 0

  private constructor(slabs: SlabPool, bytesMax: number, slab: WritableSlab | null) {
    this.#slabs = slabs
    this.#bytesMax = bytesMax
    this.#slab = slab
  }

  /** Null when the budget has no room for it. */
  static ofLength(slabs: SlabPool, bytes: number): Body | null {
    const slab = slabs.take(bytes)
    return slab === null ? null : new Body(slabs, bytes, slab)
  }

  static ofUnknownLength(slabs: SlabPool, bytesMax: number): Body {
    return new Body(slabs, bytesMax, null)
  }

  get length(): number {
    return this.#length
  }

  /** Copies `chunk`. After anything but `ok` the body is of no use. */
  append(chunk: Uint8Array): Appended {
    const length = this.#length + chunk.length
    if (length > this.#bytesMax) return 'too-large'
    const slab = this.#roomFor(length)
    if (slab === null) return 'no-memory'
    slab.memory.set(chunk, this.#length)
    this.#length = length
    return 'ok'
  }

  /** What has arrived, in place; valid until `release`. */
  bytes(): Uint8Array {
    return this.#slab === null ? new Uint8Array(0) : this.#slab.memory.subarray(0, this.#length)
  }

  release(): void {
    this.#slab?.release()
    this.#slab = null
  }

  #roomFor(length: number): WritableSlab | null {
    const slab = this.#slab
    if (slab !== null && slab.memory.length >= length) return slab
    const wanted = Math.max(length, FIRST_SLAB_BYTES, 2 * (slab?.memory.length ?? 0))
    const larger = this.#slabs.take(Math.max(length, Math.min(wanted, this.#bytesMax)))
    if (larger === null) return null
    if (slab !== null) {
      larger.memory.set(slab.memory.subarray(0, this.#length))
      slab.release()
    }
    this.#slab = larger
    return larger
  }
}
