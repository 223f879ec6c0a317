import { recordedSearch } from './search-case.ts'

/*
 * Answers of any number of nodes to one search, made from the three recorded ones: about 1 KB with few hits,
 * as recorded (12 KB), and about 100 KB with long documents. The texts are cut and joined, never parsed:
 * numbers stay as nodes wrote them.
 */

const ANSWER_SIZES = ['1 KB', '10 KB', '100 KB'] as const
export type AnswerSize = (typeof ANSWER_SIZES)[number]

const FEW_HITS = 2
const LONG_TEXT = 'lorem '.repeat(750)
const BETWEEN_HITS = ',{"geonameid":'
const DIGITS = '!%()*:;?'
const RECORDED_NODES = 3

/** What a client asks to have answers of that size: the word behind the query says it. */
export function bodyFor(size: AnswerSize): string {
  return JSON.stringify({ q: size === '10 KB' ? 'de' : `de ${size}` })
}

export function sizeWanted(body: string): AnswerSize {
  return ANSWER_SIZES.find((size) => body.includes(`"de ${size}"`)) ?? '10 KB'
}

/** What the node with that number answers when it is one of several. */
export function partOf(node: number, size: AnswerSize): string {
  const recorded = recordedSearch().parts[node % RECORDED_NODES] ?? ''
  // The same hits again must have sort values of their own, as no two documents share one.
  const digit = DIGITS[Math.floor(node / RECORDED_NODES)] ?? ''
  const own = recorded
    .replaceAll('"_miroir_seq":"!', `"_miroir_seq":"${digit}`)
    .replaceAll(/("_miroir_seq:asc":\{"order":\d+,"value":")!/g, `$1${digit}`)
  return sized(own, size)
}

/** What a node answers that has every document. */
export function wholeOf(size: AnswerSize): string {
  return sized(recordedSearch().whole, size)
}

function sized(answer: string, size: AnswerSize): string {
  if (size === '10 KB') return answer
  if (size === '100 KB') return answer.replaceAll(',"name":', `,"text":"${LONG_TEXT}","name":`)
  const end = answer.lastIndexOf('],"query"')
  const few = answer.slice(0, end).split(BETWEEN_HITS).slice(0, FEW_HITS).join(BETWEEN_HITS)
  return few + answer.slice(end)
}
