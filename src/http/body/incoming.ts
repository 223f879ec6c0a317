import { limits } from '../../config/limits.ts'
import type { SlabPool } from '../../model/call.ts'
import type { Framing } from '../hygiene.ts'
import { Body } from './body.ts'
import type { BodyFault, Encoding } from './body-kinds.ts'
import { unpack } from './unpack.ts'

const NOTHING = new Uint8Array(0)

/** A request's body from its announcement until it is given back. */
export class IncomingBody {
  readonly #slabs: SlabPool
  readonly #bytesMax: number
  #body: Body | null = null
  /** Length when the pace was last looked at. */
  #paceMark = 0

  constructor(slabs: SlabPool, bytesMax: number) {
    this.#slabs = slabs
    this.#bytesMax = bytesMax
  }

  /** Makes room for what is announced. */
  open(framing: Exclude<Framing, { kind: 'none' }>): BodyFault | null {
    if (framing.kind === 'length' && framing.bytes > this.#bytesMax) return 'too-large'
    this.#body =
      framing.kind === 'chunked'
        ? Body.ofUnknownLength(this.#slabs, this.#bytesMax)
        : Body.ofLength(this.#slabs, framing.bytes)
    return this.#body === null ? 'no-memory' : null
  }

  append(chunk: Uint8Array): BodyFault | null {
    const appended = this.#body?.append(chunk) ?? 'ok'
    return appended === 'ok' ? null : appended
  }

  /** Did enough arrive since the last look, `seconds` ago? */
  keepsPace(seconds: number): boolean {
    const length = this.#body?.length ?? 0
    const arrived = length - this.#paceMark
    this.#paceMark = length
    return arrived >= limits.uploadBytesPerSecondMin * seconds
  }

  /** Puts in its place what its encoding stands for. */
  async unpack(encoding: Encoding): Promise<BodyFault | null> {
    const packed = this.#body
    const bounds = { slabs: this.#slabs, bytesMax: this.#bytesMax }
    const unpacked = await unpack(packed?.bytes() ?? NOTHING, encoding, bounds)
    packed?.release()
    this.#body = 'body' in unpacked ? unpacked.body : null
    return 'fault' in unpacked ? unpacked.fault : null
  }

  /** What there is, in place; valid until `release`. */
  bytes(): Uint8Array {
    return this.#body?.bytes() ?? NOTHING
  }

  release(): void {
    this.#body?.release()
    this.#body = null
  }
}
