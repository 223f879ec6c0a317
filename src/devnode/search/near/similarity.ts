import type { DevIndex } from '../../engine/dev-index.ts'
import { vectorsOf } from '../../engine/vectors.ts'
import { printDouble } from '../../json/canonical.ts'
import type { Candidate, Rule } from '../ranking.ts'

/** Takes the place of a search's relevancy rules when it looks for what is near a vector. */
export interface VectorRule extends Rule {
  /** Is a hit's whole ranking score; null for documents without vectors. */
  similarity(candidate: Candidate): number | null
}

/** Orders by nearness to a vector, the best of a document's own; documents without one come last. */
export function vectorRule(index: DevIndex, embedder: string, vector: readonly number[]): VectorRule {
  const wanted = Float32Array.from(vector)
  const known = new Map<number, number | null>()
  const similarity = ({ docid }: Candidate): number | null => {
    const cached = known.get(docid)
    if (cached !== undefined) return cached
    const document = index.table.at(docid)
    const own = document === undefined ? [] : vectorsOf(document, embedder)
    const found = own.length === 0 ? null : Math.max(...own.map((each) => nearness(wanted, each)))
    known.set(docid, found)
    return found
  }
  return {
    compare(left, right) {
      const one = similarity(left)
      const other = similarity(right)
      if (one === null || other === null) return Number(one === null) - Number(other === null)
      return other - one
    },
    ranks: () => [],
    similarity,
    detail(candidate, order) {
      const value = similarity(candidate)
      return ['vectorSort', `{"order":${order},"similarity":${value === null ? 'null' : printDouble(value)}}`]
    },
  }
}

export function isVectorRule(rule: Rule): rule is VectorRule {
  return 'similarity' in rule
}

/** Half of one plus the cosine, in 32 bits; vectors without a direction are near everything. */
function nearness(left: Float32Array, right: Float32Array): number {
  let dot = 0
  let leftSquare = 0
  let rightSquare = 0
  for (let at = 0; at < left.length; at++) {
    const [a = 0, b = 0] = [left[at], right[at]]
    dot += a * b
    leftSquare += a * a
    rightSquare += b * b
  }
  const length = Math.sqrt(leftSquare) * Math.sqrt(rightSquare)
  return length === 0 ? 1 : Math.fround((1 + Math.fround(dot / length)) / 2)
}
