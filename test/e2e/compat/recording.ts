import { readFileSync } from 'node:fs'

/* A recorded conversation with one Meilisearch 1.50 node, in order. */

export interface StepOptions {
  /** Null sends no Authorization header; absent is the master key. May hold `$step field` references. */
  readonly key?: string | null
  /** Null sends no Content-Type. */
  readonly type?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Step {
  readonly name: string
  readonly method: string
  /** May hold `$step field` references. */
  readonly path: string
  /** A string is sent raw, `{base64}` as these bytes, anything else as JSON. */
  readonly body?: unknown
  readonly options?: StepOptions
  readonly status: number
  readonly contentType: string | null
  /** Raw text of the answer. */
  readonly answer: string
  /** The task that the answer announced, when it had ended. */
  readonly task?: Readonly<Record<string, unknown>>
}

export function recordedSteps(): readonly Step[] {
  const text = readFileSync(new URL('../../compat/meilisearch-1.50.jsonl', import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step)
}

/** What a step got, as the recording has it. */
export interface Outcome {
  readonly status: number
  readonly contentType: string | null
  readonly answer: string
  /** Raw text of the task; null when none was announced. */
  readonly task: string | null
}

export function recordedOutcome({ status, contentType, answer, task }: Step): Outcome {
  return { status, contentType, answer, task: task === undefined ? null : JSON.stringify(task) }
}

/** Uid of the task that an outcome announced; null for none. */
export function taskUidOf({ answer }: Pick<Outcome, 'answer'>): number | null {
  const uid = /^\{"taskUid":(\d+)/.exec(answer)?.[1]
  return uid === undefined ? null : Number(uid)
}
