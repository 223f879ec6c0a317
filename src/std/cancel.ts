/** Lets the one who asked for something break it off. One listener, called at most once. */
export class Cancel {
  #cancelled = false
  #listener: (() => void) | null = null

  get cancelled(): boolean {
    return this.#cancelled
  }

  /** At once when it was cancelled before. */
  listen(listener: () => void): void {
    if (this.#cancelled) listener()
    else this.#listener = listener
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#listener?.()
    this.#listener = null
  }
}
