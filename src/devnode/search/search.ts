import { MiroirError } from '../../model/errors.ts'
import type { DevIndex } from '../engine/dev-index.ts'
import { refuse } from '../http/refusal.ts'
import { compareBytes } from '../settings/settings.ts'
import { countFacets, type FacetAnswer, facetAttributes } from './facets.ts'
import { filterablePatterns, filterRule, isOrHolds } from './filter/attributes.ts'
import { compileFilter } from './filter/filter-input.ts'
import { filterDocuments } from './filter/filter-run.ts'
import type { Candidate, Rule } from './ranking.ts'
import type { SearchRequest } from './request.ts'
import { rulesOf } from './rules.ts'
import { selectHits } from './selection.ts'
import { readSort } from './sort-input.ts'
import { Matcher } from './text/matching.ts'
import { readTextQuery, type TextQuery } from './text/terms.ts'

export interface FoundHits {
  readonly hits: readonly Candidate[]
  readonly total: number
  /** What totals and facets count. */
  readonly candidates: readonly Candidate[]
  readonly rules: readonly Rule[]
  /** Null in a search without words. */
  readonly query: TextQuery | null
  readonly facets: FacetAnswer | null
  readonly page: { readonly page: number; readonly hitsPerPage: number } | null
}

/** Runs a search; error texts about the index's own settings are put under its name. */
export function searchIndex(index: DevIndex, request: SearchRequest): FoundHits {
  const filter = compileFilter(request.filter, 'invalid_search_filter')
  // The shape of sorts is checked before the index is looked at.
  const sorts = request.sort.map((text) => readSort(text, 'invalid_search_sort'))
  if (request.facets !== null) facetAttributes(index, request.facets)
  return underName(index, () => {
    checkNames(index, request)
    const query = textQuery(index, request)
    const rules = rulesOf(index, { sorts, matchingStrategy: request.matchingStrategy }, query !== null)
    const matched = candidatesOf(index, request, query, filterDocuments(index, filter, SEARCH_STYLE))
    return select(index, request, { matched, rules, query })
  })
}

/** Documents that a search would find, in no order of relevance. */
export function matchDocuments(index: DevIndex, request: SearchRequest): Candidate[] {
  const filter = compileFilter(request.filter, 'invalid_search_filter')
  return underName(index, () => {
    const query = textQuery(index, request)
    return candidatesOf(index, request, query, filterDocuments(index, filter, SEARCH_STYLE))
  })
}

const SEARCH_STYLE = { code: 'invalid_search_filter', rewritten: true }

function underName<T>(index: DevIndex, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof MiroirError) || error.body.message.startsWith('Index `')) throw error
    const message = `Index \`${index.uid}\`: ${error.body.message}`
    throw new MiroirError(error.status, { ...error.body, message })
  }
}

function checkNames(index: DevIndex, request: SearchRequest): void {
  const { settings } = index
  const { distinct } = request
  if (distinct !== null && filterRule(settings, distinct) === null) {
    const shown = filterablePatterns(settings).filter((name) => isNamed(index, name))
    const hidden = shown.length < filterablePatterns(settings).length ? ', <..hidden-attributes>' : ''
    const known =
      filterablePatterns(settings).length === 0
        ? 'This index does not have configured filterable attributes.'
        : `Available filterable attributes patterns are: \`${shown.join(', ')}${hidden}\`.`
    const reason = 'is not filterable and thus, cannot be used as distinct attribute.'
    throw refuse('invalid_search_distinct', `Attribute \`${distinct}\` ${reason} ${known}`)
  }
  const { searchableAttributes } = settings
  const unknown = (request.attributesToSearchOn ?? []).find(
    (name) => name !== '*' && !searchableAttributes.some((own) => own === '*' || isOrHolds(own, name)),
  )
  if (unknown === undefined) return
  const names = searchableAttributes.toSorted(compareBytes).filter((name) => isNamed(index, name))
  const hidden = names.length < searchableAttributes.length ? ', <..hidden-attributes>' : ''
  throw refuse(
    'invalid_search_attributes_to_search_on',
    `Attribute \`${unknown}\` is not searchable. Available searchable attributes are: \`${names.join(', ')}${hidden}\`.`,
  )
}

/** Names in error texts must be displayed by exactly that name. */
function isNamed(index: DevIndex, name: string): boolean {
  const { displayedAttributes } = index.settings
  return displayedAttributes.includes('*') || displayedAttributes.includes(name)
}

function textQuery(index: DevIndex, request: SearchRequest): TextQuery | null {
  if (request.q === null || request.q.trim() === '') return null
  const query = readTextQuery(request.q, index.text, index.settings)
  return query.terms.length === 0 && query.negative.length === 0 ? null : query
}

function candidatesOf(
  index: DevIndex,
  request: SearchRequest,
  query: TextQuery | null,
  filtered: readonly number[],
): Candidate[] {
  if (query === null) return filtered.map((docid) => ({ docid, relevancy: null }))
  // Which word is rarest depends on the corpus, so `frequency` is taken as `last`.
  const strategy = request.matchingStrategy === 'all' ? 'all' : 'last'
  const options = { strategy, attributes: request.attributesToSearchOn } as const
  const matcher = new Matcher(query, index.text, index.settings, options)
  const allowed = query.terms.length === 0 ? null : matcher.candidates()
  const found: Candidate[] = []
  for (const docid of filtered) {
    if (allowed !== null && !allowed.has(docid)) continue
    if (matcher.isExcluded(docid)) continue
    const relevancy = allowed === null ? null : matcher.relevancy(docid)
    if (allowed === null || relevancy !== null) found.push({ docid, relevancy })
  }
  return found
}

/** Chooses the page and what counts as a candidate for totals and facets. */
function select(
  index: DevIndex,
  request: SearchRequest,
  found: { readonly matched: Candidate[]; readonly rules: readonly Rule[]; readonly query: TextQuery | null },
): FoundHits {
  const { rules, query, matched } = found
  const paged = request.page !== null || request.hitsPerPage !== null
  const page = paged ? { page: request.page ?? 1, hitsPerPage: request.hitsPerPage ?? 20 } : null
  const offset = page === null ? request.offset : (page.page - 1) * page.hitsPerPage
  const limit = page === null ? request.limit : page.hitsPerPage
  const last = offset < 0 ? 0 : Math.min(offset + limit, index.settings.pagination.maxTotalHits)
  const distinct = request.distinct ?? index.settings.distinctAttribute
  const { hits, candidates } = selectHits(matched, rules, {
    last,
    exhaustive: page !== null,
    threshold: request.rankingScoreThreshold,
    column: distinct === null ? null : index.columns.get(distinct),
  })
  let facets: FacetAnswer | null = null
  if (request.facets !== null) {
    const docids = candidates.map(({ docid }) => docid)
    facets = countFacets(index, facetAttributes(index, request.facets), docids)
  }
  const shown = hits.slice(Math.max(0, offset))
  return { hits: shown, total: candidates.length, candidates, rules, query, facets, page }
}
