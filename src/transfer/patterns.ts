import { TransferFailure } from './failure.ts'

/**
 * The uids that a list of names and patterns asks for (`films,logs-*`), in their own order; all without a
 * list. A name that matches nothing is a mistake.
 */
export function chosen(uids: readonly string[], patterns: readonly string[], where: string): string[] {
  if (patterns.length === 0) return [...uids]
  const expressions = patterns.map((pattern) => ({ pattern, expression: expressionOf(pattern) }))
  for (const { pattern, expression } of expressions) {
    if (uids.some((uid) => expression.test(uid))) continue
    const known = uids.length === 0 ? 'there is none' : `there are: ${uids.slice(0, 20).join(', ')}`
    throw new TransferFailure('invalid', `--index ${pattern}: no such index on ${where}; ${known}`)
  }
  return uids.filter((uid) => expressions.some(({ expression }) => expression.test(uid)))
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
