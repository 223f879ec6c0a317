import type { DevIndex } from '../engine/dev-index.ts'
import { refuse } from '../http/refusal.ts'
import { type Candidate, fieldRule, geoRule, RELEVANCY_RULES, type Rule } from './ranking.ts'
import { checkSortable, readSort, type SortRequest } from './sort-input.ts'

/**
 * The order of hits for one request: the index's rules with the request's sort in its place. A rule given as
 * `relevance` stands in for all rules about words.
 */
export function rulesOf(
  index: DevIndex,
  request: { readonly sorts: readonly SortRequest[]; readonly matchingStrategy: string },
  relevance: 'words' | 'none' | Rule,
): Rule[] {
  const { sorts } = request
  const { settings } = index
  if (sorts.length > 0) checkSearchSort(index, sorts)
  const rules: Rule[] = []
  const seen = new Set<string>()
  const once = (name: string, make: () => Rule): void => {
    if (seen.has(name)) return
    seen.add(name)
    rules.push(make())
  }
  const relevancy = (name: string): void => {
    if (relevance === 'none') return
    if (relevance !== 'words') {
      once('vector', () => relevance)
      return
    }
    // Words that were dropped always count first, except where none may be dropped.
    if (request.matchingStrategy === 'all') seen.add('words')
    else once('words', () => RELEVANCY_RULES['words'] as Rule)
    once(name, () => RELEVANCY_RULES[name] as Rule)
  }
  const sortBy = (sort: SortRequest): void => {
    if (sort.kind === 'geo') rules.push(geoRule(index, sort))
    else once(`:${sort.field}`, () => fieldRule(index, sort))
  }
  for (const name of settings.rankingRules) {
    if (name === 'sort') for (const sort of sorts) sortBy(sort)
    else if (Object.hasOwn(RELEVANCY_RULES, name)) relevancy(name)
    else sortBy(readSort(name, 'internal'))
  }
  return rules
}

function checkSearchSort(index: DevIndex, sorts: readonly SortRequest[]): void {
  const { settings, uid } = index
  if (!settings.rankingRules.includes('sort')) {
    throw refuse(
      'invalid_search_sort',
      `Index \`${uid}\`: You must specify where \`sort\` is listed in the rankingRules setting to use the sort parameter at search time.`,
    )
  }
  checkSortable(settings, sorts, 'invalid_search_sort')
}

/** Compares by all rules, then by insertion order. */
export function orderOf(rules: readonly Rule[]): (left: Candidate, right: Candidate) => number {
  return (left, right) => {
    for (const rule of rules) {
      const order = rule.compare(left, right)
      if (order !== 0) return order
    }
    return left.docid - right.docid
  }
}

/** The best `count` candidates in order, without sorting the others. */
export function bestOf(
  candidates: readonly Candidate[],
  count: number,
  order: (left: Candidate, right: Candidate) => number,
): Candidate[] {
  if (count <= 0) return []
  if (count * 4 > candidates.length) return candidates.toSorted(order).slice(0, count)
  // A heap whose root is the worst of the best seen so far.
  const heap: Candidate[] = []
  const worse = (a: number, b: number): boolean => order(heap[a] as Candidate, heap[b] as Candidate) > 0
  const swap = (a: number, b: number): void => {
    const held = heap[a] as Candidate
    heap[a] = heap[b] as Candidate
    heap[b] = held
  }
  const sink = (): void => {
    for (let at = 0; ; ) {
      let largest = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && worse(child, largest)) largest = child
      if (largest === at) return
      swap(at, largest)
      at = largest
    }
  }
  for (const candidate of candidates) {
    if (heap.length < count) {
      heap.push(candidate)
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!worse(at, parent)) break
        swap(at, parent)
        at = parent
      }
    } else if (order(candidate, heap[0] as Candidate) < 0) {
      heap[0] = candidate
      sink()
    }
  }
  return heap.sort(order)
}
