import type { Token } from '../text/tokenizer.ts'

/** A part of a text: what the query matched, or what is shown. */
export interface Mark {
  readonly start: number
  readonly end: number
}

/** The stretch of `length` words that holds the most matches, the earliest of several. */
export function cropTokens(
  text: string,
  tokens: readonly Token[],
  marks: readonly Mark[],
  length: number,
): Mark {
  if (tokens.length <= length) return { start: 0, end: text.length }
  const matched = tokens.map(({ start }) => marks.some((mark) => mark.start <= start && start < mark.end))
  let best = 0
  let bestCount = -1
  for (let first = 0; first + length <= tokens.length; first++) {
    const count = matched.slice(first, first + length).filter(Boolean).length
    if (count > bestCount) {
      best = first
      bestCount = count
    }
  }
  best = centred(best, matched, length)
  const start = best === 0 ? 0 : (tokens[best]?.start ?? 0)
  const last = best + length
  return { start, end: last >= tokens.length ? text.length : (tokens[last - 1]?.end ?? text.length) }
}

/** Moves a window so that as many words stand before its matches as after them. */
function centred(best: number, matched: readonly boolean[], length: number): number {
  const first = matched.indexOf(true, best)
  if (first === -1 || first >= best + length) return best
  const last = matched.lastIndexOf(true, best + length - 1)
  const spare = length - (last - first + 1)
  const wanted = first - Math.floor(spare / 2)
  return Math.max(0, Math.min(wanted, matched.length - length))
}
