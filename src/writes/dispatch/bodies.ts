import { isFault, ROW, type SplitResult } from '../../kernel/kernel.ts'
import type { Seq, ShardId } from '../../model/ids.ts'
import { assert } from '../../std/assert.ts'
import { concat, utf8 } from '../../std/bytes.ts'
import type { WriteContext } from '../context.ts'

/** What the bodies of one document operation are made from. */
export interface BodySource {
  readonly body: Uint8Array
  readonly split: SplitResult
  readonly primaryKey: string
  readonly shards: number
  readonly seq: Seq
}

/**
 * The bodies that nodes get, one per distinct set of shards. They are made at once, because the client's
 * bytes are gone after its answer while a slow or joining copy may still wait for its part.
 */
export class OperationBodies {
  readonly #context: WriteContext
  readonly #source: Omit<BodySource, 'body'>
  readonly #made = new Map<string, Promise<Uint8Array>>()
  #held = 0

  constructor(context: WriteContext, source: BodySource, sets: readonly (readonly ShardId[])[]) {
    this.#context = context
    this.#source = {
      split: source.split,
      primaryKey: source.primaryKey,
      shards: source.shards,
      seq: source.seq,
    }
    for (const set of sets) {
      const key = set.join()
      if (!this.#made.has(key)) this.#made.set(key, this.#gather(source, set))
    }
  }

  /** Resolves once the client's bytes are not needed any more. */
  async ready(): Promise<void> {
    await Promise.all(this.#made.values())
  }

  /** The documents of these shards, which are one of the prepared sets or a part of one. */
  async of(set: readonly ShardId[]): Promise<Uint8Array> {
    const exact = this.#made.get(set.join())
    if (exact !== undefined) return exact
    for (const [key, made] of this.#made) {
      const held = new Set(key.split(',').map(Number))
      if (set.every((shard) => held.has(shard))) return this.#narrow(await made, new Set(set))
    }
    assert(false, `a body holds shards ${set.join()}`)
  }

  /** Gives the memory back; nothing will be sent any more. */
  drop(): void {
    this.#made.clear()
    this.#context.heldBytes -= this.#held
    this.#held = 0
  }

  async #gather(source: BodySource, set: readonly ShardId[]): Promise<Uint8Array> {
    const made = await this.#context.kernel.gather({
      body: source.body,
      rows: source.split.rows,
      shards: new Set(set),
      seq: source.seq,
    })
    assert(!isFault(made), 'documents that were split can be gathered')
    this.#held += made.length
    this.#context.heldBytes += made.length
    return made
  }

  /** A rare turn: a copy left after its node's body was made, so the body is cut down (H11). */
  async #narrow(body: Uint8Array, wanted: ReadonlySet<ShardId>): Promise<Uint8Array> {
    const { primaryKey, shards } = this.#source
    const split = await this.#context.kernel.split({ body, format: 'json', primaryKey, shards })
    assert(!isFault(split), 'a gathered body can be split')
    const parts: Uint8Array[] = []
    for (let row = 0; row < split.documents; row++) {
      const at = row * ROW.stride
      if (!wanted.has(split.rows[at + ROW.shard] ?? -1)) continue
      parts.push(utf8(parts.length === 0 ? '[' : ','))
      parts.push(body.subarray(split.rows[at + ROW.start], split.rows[at + ROW.end]))
    }
    parts.push(utf8(parts.length === 0 ? '[]' : ']'))
    return concat(parts)
  }
}
