import type { ErrorCode } from '../../model/errors.ts'
import { refusal, unknownName } from './refusals.ts'

const COUNT = /^\+?[0-9]+$/
const COUNT_MAX = 2n ** 64n - 1n

/**
 * Query parameters; of repeated ones the last counts. They are looked at in the order they came, so that the
 * first wrong one is refused: those not in `known` here, bad values by `check`.
 */
export function parametersIn(
  query: string,
  known: readonly string[],
  check?: (name: string, value: string) => void,
): ReadonlyMap<string, string> {
  const parameters = new Map(new URLSearchParams(query))
  for (const [name, value] of parameters) {
    if (!known.includes(name)) throw unknownName('parameter', name, known)
    check?.(name, value)
  }
  return parameters
}

export function countOf(code: ErrorCode, name: string, value: string): number {
  if (COUNT.test(value) && BigInt(value.replace('+', '')) <= COUNT_MAX) return Number(value)
  throw refusal(
    code,
    `Invalid value in parameter \`${name}\`: could not parse \`${value}\` as a positive integer`,
  )
}

export function booleanOf(code: ErrorCode, name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  const wanted = `could not parse \`${value}\` as a boolean, expected either \`true\` or \`false\``
  throw refusal(code, `Invalid value in parameter \`${name}\`: ${wanted}`)
}
