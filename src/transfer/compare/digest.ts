import { createHash } from 'node:crypto'

const MODULUS = 1n << 128n
const DIGITS = 32

/**
 * Digest of a set of documents that does not depend on their order: the sum of 128 bits of the SHA-256 of
 * each canonical text, modulo 2^128. `text` is 32 hexadecimal digits and can be continued from.
 */
export class SetDigest {
  #sum: bigint

  constructor(text = '0') {
    this.#sum = BigInt(`0x${text}`)
  }

  add(canonical: string): void {
    const hash = createHash('sha256').update(canonical).digest('hex').slice(0, DIGITS)
    this.#sum = (this.#sum + BigInt(`0x${hash}`)) % MODULUS
  }

  get text(): string {
    return this.#sum.toString(16).padStart(DIGITS, '0')
  }
}
