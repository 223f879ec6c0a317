/** Counts the requests under way and tells when the last one is over. */
export class Traffic {
  #inFlight = 0
  #draining = false
  #waiting: (() => void)[] = []

  get inFlight(): number {
    return this.#inFlight
  }

  /** True once the server takes no new connections; replies then end their connection. */
  get draining(): boolean {
    return this.#draining
  }

  enter(): void {
    this.#inFlight += 1
  }

  leave(): void {
    this.#inFlight -= 1
    if (this.#inFlight > 0 || !this.#draining) return
    for (const resume of this.#waiting.splice(0)) resume()
  }

  /** Resolves when nothing is under way any more. */
  drain(): Promise<void> {
    this.#draining = true
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }
}
