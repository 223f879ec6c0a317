/** The candidate that a misspelt word most likely meant, or undefined when none is near. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)
  const best = ranked[0]
  if (best === undefined) return undefined
  const allowed = Math.max(1, Math.floor(Math.max(word.length, best.candidate.length) / 3))
  return best.distance <= allowed ? best.candidate : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(source: string, target: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: target.length + 1 }, (_, column) => column)
  for (let row = 1; row <= source.length; row++) {
    const next = [row]
    for (let column = 1; column <= target.length; column++) {
      const cost = source[row - 1] === target[column - 1] ? 0 : 1
      let best = Math.min(at(last, column) + 1, at(next, column - 1) + 1, at(last, column - 1) + cost)
      const swapped = source[row - 1] === target[column - 2] && source[row - 2] === target[column - 1]
      if (row > 1 && column > 1 && swapped) best = Math.min(best, at(beforeLast, column - 2) + 1)
      next.push(best)
    }
    beforeLast = last
    last = next
  }
  return at(last, target.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
