import type { Seq } from '../../model/ids.ts'
import { SEQ_MAX } from '../../model/ids.ts'
import type { Store } from '../../model/store.ts'
import { assert } from '../../std/assert.ts'

const BLOCK = 1_000

/**
 * Operation numbers from blocks that the store gave away for ever; a crash leaves a gap, never a repetition.
 */
export class Sequence {
  readonly #store: Store
  #next = 0
  #end = 0
  #filling: Promise<void> | null = null

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Calls `use` with the next number, in the turn in which it is taken: places in lanes follow the numbers.
   */
  async next<T>(use: (seq: Seq) => T): Promise<T> {
    while (this.#next >= this.#end) {
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = null
      })
      await this.#filling
    }
    const seq = this.#next++
    assert(seq <= SEQ_MAX, 'operation numbers fit 33 bits')
    return use(seq)
  }

  async #fill(): Promise<void> {
    const first = await this.#store.takeSeqs(BLOCK)
    this.#next = first
    this.#end = first + BLOCK
  }
}
