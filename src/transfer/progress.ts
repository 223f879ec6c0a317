import type { Clock } from '../std/clock.ts'

const LINE_EVERY_MS = 5_000
const REDRAW_EVERY_MS = 200
const ERASE_LINE = '\r\u001b[2K'
const MEGABYTE = 1_000_000

export interface ProgressOptions {
  readonly clock: Clock
  readonly write: (text: string) => void
  /** True: one line is drawn over and over; false: a line now and then. */
  readonly isTerminal: boolean
}

/** Tells how far a transfer is. Nothing is told twice, and nothing faster than one can read. */
export class Progress {
  readonly #options: ProgressOptions
  #label = ''
  #startMs = 0
  #shownMs = 0
  #records = 0
  #bytes = 0
  #share: number | null = null
  /**
   * The first share that was told, and when: what an earlier run did says nothing about the speed of this
   * one.
   */
  #first: { readonly share: number; readonly ms: number } | null = null
  #drawn = false

  constructor(options: ProgressOptions) {
    this.#options = options
  }

  /** A new piece of work: rate and time left are counted from here. */
  begin(label: string): void {
    const now = this.#options.clock.now()
    this.#label = label
    this.#startMs = now
    this.#shownMs = this.#options.isTerminal ? Number.NEGATIVE_INFINITY : now
    this.#records = 0
    this.#bytes = 0
    this.#share = null
    this.#first = null
  }

  /** `share` of the whole work that is done, from 0 to 1; null where nobody knows. */
  advance(step: { readonly records: number; readonly bytes: number; readonly share: number | null }): void {
    this.#records += step.records
    this.#bytes += step.bytes
    this.#share = step.share
    const now = this.#options.clock.now()
    if (step.share !== null) this.#first ??= { share: step.share, ms: now }
    const every = this.#options.isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS
    if (now - this.#shownMs < every) return
    this.#shownMs = now
    this.#draw(this.#line(now))
  }

  /** A line that stays. */
  note(line: string): void {
    this.#options.write(`${this.#drawn ? ERASE_LINE : ''}${line}\n`)
    this.#drawn = false
  }

  /** The work is done: its last line stays. */
  end(): void {
    this.note(this.#line(this.#options.clock.now()))
  }

  #draw(line: string): void {
    if (!this.#options.isTerminal) {
      this.note(line)
      return
    }
    this.#options.write(`${ERASE_LINE}${line}`)
    this.#drawn = true
  }

  #line(now: number): string {
    const seconds = Math.max(0.001, (now - this.#startMs) / 1000)
    const parts = [`${this.#records} documents`, `${(this.#bytes / MEGABYTE).toFixed(1)} MB`]
    parts.push(`${(this.#bytes / MEGABYTE / seconds).toFixed(1)} MB/s`)
    if (this.#share !== null) parts.unshift(`${Math.floor(this.#share * 100)} %`)
    const left = this.#secondsLeft(now)
    if (left !== null) parts.push(`${duration(left)} left`)
    return `${this.#label}: ${parts.join(', ')}`
  }

  #secondsLeft(now: number): number | null {
    if (this.#share === null || this.#first === null || this.#share >= 1) return null
    const done = this.#share - this.#first.share
    const seconds = (now - this.#first.ms) / 1000
    return done <= 0 ? null : (seconds * (1 - this.#share)) / done
  }
}

/** `45 s`, `3 min`, `2 h 10 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
