import { MiroirError } from '../../model/errors.ts'
import type { Column } from '../engine/columns.ts'
import type { DevIndex } from '../engine/dev-index.ts'
import { refuse } from '../http/refusal.ts'
import { compareBytes } from '../settings/settings.ts'
import { countFacets, type FacetAnswer, facetAttributes } from './facets.ts'
import { filterablePatterns, filterRule, isOrHolds } from './filter/attributes.ts'
import { compileFilter } from './filter/filter-input.ts'
import { filterDocuments } from './filter/filter-run.ts'
import { mergeLists, type RankedList, wordsSuffice } from './near/hybrid.ts'
import { vectorRule } from './near/similarity.ts'
import { searchKind } from './near/vector-request.ts'
import type { Candidate, Rule } from './ranking.ts'
import type { SearchRequest } from './request.ts'
import { rulesOf } from './rules.ts'
import { firstOfValues, selectHits } from './selection.ts'
import { readSort } from './sort-input.ts'
import { Matcher } from './text/matching.ts'
import { readTextQuery, type TextQuery } from './text/terms.ts'

export interface FoundHits {
  readonly hits: readonly Candidate[]
  readonly total: number
  /** What totals and facets count. */
  readonly candidates: readonly Candidate[]
  readonly rules: readonly Rule[]
  /** Hits found by a vector, and their rules; null when no vector was looked at. */
  readonly near: { readonly hits: ReadonlySet<Candidate>; readonly rules: readonly Rule[] } | null
  /** Null when only words were asked for. */
  readonly semanticHitCount: number | null
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
  const kind = searchKind(index, request)
  if (request.facets !== null) facetAttributes(index, request.facets)
  return underName(index, () => {
    checkNames(index, request)
    const filtered = filterDocuments(index, filter, SEARCH_STYLE)
    const query = kind.kind === 'semantic' ? null : textQuery(index, request)
    const { matchingStrategy } = request
    const words = (): RankedList => {
      const rules = rulesOf(index, { sorts, matchingStrategy }, query === null ? 'none' : 'words')
      return ranked(index, request, { matched: candidatesOf(index, request, query, filtered), rules })
    }
    const vectors = (embedder: string, vector: readonly number[]): RankedList => {
      const rules = rulesOf(index, { sorts, matchingStrategy }, vectorRule(index, embedder, vector))
      return ranked(index, request, { matched: unexcluded(index, request, query, filtered), rules })
    }
    const lists = { words: kind.kind === 'semantic' ? null : words(), vectors: null }
    if (kind.kind === 'words') return found(index, request, { ...lists, query })
    if (kind.kind === 'semantic')
      return found(index, request, {
        ...lists,
        vectors: vectors(kind.embedder, kind.vector),
        query,
        ratio: 1,
      })
    const { embedder, vector, ratio } = kind
    const suffices = lists.words !== null && wordsSuffice(lists.words, ratio, pageOf(index, request).last)
    const near = vector === null || suffices ? null : vectors(embedder, vector)
    return found(index, request, { ...lists, vectors: near, query, ratio })
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

/** Documents that near vectors are looked for among: all but those with unwanted words. */
function unexcluded(
  index: DevIndex,
  request: SearchRequest,
  query: TextQuery | null,
  filtered: readonly number[],
): Candidate[] {
  if (query === null || query.negative.length === 0)
    return filtered.map((docid) => ({ docid, relevancy: null }))
  const options = { strategy: 'last', attributes: request.attributesToSearchOn } as const
  const matcher = new Matcher(query, index.text, index.settings, options)
  const kept = filtered.filter((docid) => !matcher.isExcluded(docid))
  return kept.map((docid) => ({ docid, relevancy: null }))
}

interface Page {
  readonly echo: FoundHits['page']
  /** Hits before the page, and up to its end. */
  readonly offset: number
  readonly last: number
}

function pageOf(index: DevIndex, request: SearchRequest): Page {
  const paged = request.page !== null || request.hitsPerPage !== null
  const echo = paged ? { page: request.page ?? 1, hitsPerPage: request.hitsPerPage ?? 20 } : null
  const offset = echo === null ? request.offset : (echo.page - 1) * echo.hitsPerPage
  const limit = echo === null ? request.limit : echo.hitsPerPage
  const last = offset < 0 ? 0 : Math.min(offset + limit, index.settings.pagination.maxTotalHits)
  return { echo, offset: Math.max(0, offset), last }
}

function distinctColumn(index: DevIndex, request: SearchRequest): Column | null {
  const distinct = request.distinct ?? index.settings.distinctAttribute
  return distinct === null ? null : index.columns.get(distinct)
}

function ranked(
  index: DevIndex,
  request: SearchRequest,
  { matched, rules }: { readonly matched: readonly Candidate[]; readonly rules: readonly Rule[] },
): RankedList {
  const { echo, last } = pageOf(index, request)
  const threshold = request.rankingScoreThreshold
  const column = distinctColumn(index, request)
  return { ...selectHits(matched, rules, { last, exhaustive: echo !== null, threshold, column }), rules }
}

interface Lists {
  readonly words: RankedList | null
  readonly vectors: RankedList | null
  readonly query: TextQuery | null
  /** Share of the vectors; absent when the search is for words only. */
  readonly ratio?: number
}

/** Chooses the page and what counts as a candidate for totals and facets. */
function found(index: DevIndex, request: SearchRequest, lists: Lists): FoundHits {
  const { words, vectors, query, ratio } = lists
  const page = pageOf(index, request)
  const merged =
    words !== null && vectors !== null
      ? firstOfValues(mergeLists(vectors, words, ratio ?? 0), distinctColumn(index, request))
      : ((vectors ?? words)?.hits ?? [])
  const hits = merged.slice(page.offset, page.last)
  const candidates = unionOf(words?.candidates ?? [], vectors?.candidates ?? [])
  const near = new Set(vectors?.hits)
  const semantic = ratio === undefined ? null : hits.filter((hit) => near.has(hit)).length
  const facets =
    request.facets === null
      ? null
      : countFacets(
          index,
          facetAttributes(index, request.facets),
          candidates.map(({ docid }) => docid),
        )
  return {
    hits,
    total: candidates.length,
    candidates,
    rules: words?.rules ?? vectors?.rules ?? [],
    near: vectors === null ? null : { hits: near, rules: vectors.rules },
    semanticHitCount: semantic,
    query,
    facets,
    page: page.echo,
  }
}

/** Candidates of either list, each document once, by internal number. */
function unionOf(words: readonly Candidate[], vectors: readonly Candidate[]): readonly Candidate[] {
  if (words.length === 0 || vectors.length === 0) return words.length === 0 ? vectors : words
  const known = new Map([...vectors, ...words].map((candidate) => [candidate.docid, candidate]))
  return [...known.values()].toSorted((one, other) => one.docid - other.docid)
}

/** What order a hit was put in by. */
export function rulesFor({ rules, near }: FoundHits, hit: Candidate): readonly Rule[] {
  return near?.hits.has(hit) ? near.rules : rules
}
