/** Remembers vectors of queries, and asks for each only once, also while the answer is on its way. */
export class QueryVectors {
  readonly #known = new Map<string, Promise<string | null>>()
  readonly #most: number
  readonly #observe: (hit: boolean) => void

  constructor(most: number, observe: (hit: boolean) => void = () => {}) {
    this.#most = most
    this.#observe = observe
  }

  /** The vector's JSON text; null, and nothing kept, when it cannot be had. */
  async get(key: string, embed: () => Promise<string | null>): Promise<string | null> {
    const known = this.#known.get(key)
    this.#observe(known !== undefined)
    const vector = known ?? embed()
    this.#known.delete(key)
    this.#known.set(key, vector)
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#most && oldest !== undefined) this.#known.delete(oldest)
    try {
      const found = await vector
      if (found === null) this.#forget(key, vector)
      return found
    } catch (error) {
      this.#forget(key, vector)
      throw error
    }
  }

  #forget(key: string, vector: Promise<string | null>): void {
    if (this.#known.get(key) === vector) this.#known.delete(key)
  }
}
