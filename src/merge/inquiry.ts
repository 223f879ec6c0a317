import type { Learned, Question } from '../model/plan.ts'

/**
 * What a fold knows from further questions, and what it finds it has to ask. A fold is run again with more
 * answers until it asks nothing.
 */
export class Inquiry {
  readonly #learned: Learned
  readonly #open = new Map<string, Question>()

  constructor(learned: Learned) {
    this.#learned = learned
  }

  /** The nodes' answers; null when there will be none; undefined when the question has to be asked first. */
  answers(question: Question): readonly Uint8Array[] | null | undefined {
    const known = this.#learned.get(question.name)
    if (known === undefined) this.#open.set(question.name, question)
    return known
  }

  get open(): readonly Question[] {
    return [...this.#open.values()]
  }
}
