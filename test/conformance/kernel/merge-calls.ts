import { expect } from 'vitest'
import { isFault, type Kernel, type MergeRequest } from '../../../src/kernel/kernel.ts'
import { octal } from './kernel-calls.ts'

/* Merges of a kernel as its suites make them: texts in, texts out. */

export async function merge(
  kernel: Kernel,
  answers: readonly string[],
  options: object = {},
): Promise<unknown> {
  const request: MergeRequest = {
    answers: answers.map((answer) => Buffer.from(answer)),
    member: 'hits',
    order: 'details',
    offset: 0,
    limit: 20,
    keepDetails: false,
    ...options,
  }
  const result = await kernel.merge(request)
  if (isFault(result)) return { fault: result.fault, input: result.input }
  return {
    hits: Buffer.from(result.hits).toString(),
    count: result.count,
    received: result.received,
    consumed: result.consumed,
    envelopes: result.envelopes.map((envelope) => Buffer.from(envelope).toString()),
  }
}

export const seq = (place: number): string => octal(place, 18)
export const ranked = (id: number, rules: string): string =>
  `{"id":${id},"_rankingScoreDetails":{${rules}${rules === '' ? '' : ','}"_miroir_seq:asc":{"order":9,"value":"${seq(id)}"}}}`
export const answer = (...hits: string[]): string => `{"hits":[${hits.join(',')}],"query":""}`

/** Identities of the merged hits, in their order. */
export async function ids(kernel: Kernel, lists: readonly string[][]): Promise<number[]> {
  const result = (await merge(
    kernel,
    lists.map((hits) => answer(...hits)),
  )) as { hits: string }
  expect(result).toHaveProperty('hits')
  return (JSON.parse(`[${result.hits}]`) as { id: number }[]).map((hit) => hit.id)
}
