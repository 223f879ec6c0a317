import { ERRORS, type ErrorCode, errorBody, fail, MiroirError } from '../../model/errors.ts'
import { kindOf, quoted } from '../../std/json-quote.ts'

/** A refusal in a node's words, for codes that have more than one text. */
export function refusal(code: ErrorCode, message: string): MiroirError {
  return new MiroirError(ERRORS[code].status, { ...errorBody(code), message })
}

/** `path` is empty for the body itself, else begins with a dot. `value` is JSON text. */
export function wrongType(code: ErrorCode, path: string, expected: string, value: string): MiroirError {
  const place = path === '' ? '' : ` at \`${path}\``
  const found = value === 'null' ? 'null' : `${kindOf(value)}: \`${quoted(value)}\``
  return refusal(code, `Invalid value type${place}: expected ${expected}, but found ${found}`)
}

export function unknownName(
  kind: 'field' | 'parameter',
  name: string,
  known: readonly string[],
): MiroirError {
  const list = known.map((each) => `\`${each}\``).join(', ')
  const message = `Unknown ${kind} \`${name}\`: ${hint(name, known)}expected one of ${list}`
  return fail('bad_request', { message })
}

/** Typing errors that still make a suggestion, by the length of what was typed. */
const TYPOS_MAX = [
  [3, 0],
  [7, 1],
  [12, 2],
  [17, 3],
  [24, 4],
  [Number.POSITIVE_INFINITY, 5],
] as const

function hint(name: string, known: readonly string[]): string {
  const length = Buffer.byteLength(name)
  const allowed = TYPOS_MAX.find(([most]) => length <= most)?.[1] ?? 0
  let best: string | null = null
  let bestDistance = allowed + 1
  for (const candidate of allowed === 0 ? [] : known) {
    const distance = typingDistance(name, candidate)
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best === null ? '' : `did you mean \`${best}\`? `
}

/** Insertions, deletions, replacements and swaps of neighbours that make one of the other. */
function typingDistance(one: string, other: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      const replaced = (last[column - 1] ?? 0) + (same ? 0 : 1)
      const edited = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced)
      const swaps =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current.push(swaps ? Math.min(edited, (beforeLast[column - 2] ?? 0) + 1) : edited)
    }
    beforeLast = last
    last = current
  }
  return last[other.length] ?? 0
}
