import type { DevIndex } from '../engine/dev-index.ts'
import { refuse } from '../http/refusal.ts'
import { compareBytes } from '../settings/settings.ts'
import { groupValues } from './facets.ts'
import { filterablePatterns, filterRule } from './filter/attributes.ts'
import type { SearchRequest } from './request.ts'
import { matchDocuments } from './search.ts'
import { editDistance, typoBudget } from './text/terms.ts'
import { searchForm } from './text/tokenizer.ts'

export interface FacetHit {
  readonly value: string
  readonly count: number
}

/** Finds the string values of a facet that begin like the query, and counts their documents. */
export function searchFacetValues(
  index: DevIndex,
  request: SearchRequest,
  wish: { readonly name: string; readonly query: string | null },
): FacetHit[] {
  checkFacet(index, wish.name)
  const { settings } = index
  const docids = matchDocuments(index, request).map(({ docid }) => docid)
  const query = searchForm(wish.query ?? '').trim()
  const budget = typoBudget(query, settings)
  const fits = (key: string): boolean => {
    const value = searchForm(key)
    if (value.startsWith(query)) return true
    return (
      budget > 0 && value.charAt(0) === query.charAt(0) && editDistance(query, value, true, budget) <= budget
    )
  }
  const groups = [...groupValues(index, wish.name, docids).strings].filter(([key]) => fits(key))
  const { maxValuesPerFacet, sortFacetValuesBy } = settings.faceting
  const byCount = (sortFacetValuesBy[wish.name] ?? sortFacetValuesBy['*']) === 'count'
  // Without a query values come in the order of facets, with one in that of the words.
  const form = (key: string): string => (wish.query === null ? key : searchForm(key))
  groups.sort(
    ([left, a], [right, b]) => (byCount ? b.count - a.count : 0) || compareBytes(form(left), form(right)),
  )
  const everywhere = groupValues(index, wish.name, allDocids(index)).strings
  return groups.slice(0, maxValuesPerFacet).map(([key, { shown, count }]) => ({
    value: everywhere.get(key)?.shown ?? shown,
    count,
  }))
}

function allDocids(index: DevIndex): number[] {
  return Array.from(index.table.all(), ({ docid }) => docid)
}

function checkFacet(index: DevIndex, name: string): void {
  const { settings } = index
  if (!settings.facetSearch) {
    throw refuse('facet_search_disabled', 'The facet search is disabled for this index')
  }
  const rule = filterRule(settings, name)
  if (rule?.features.facetSearch === true) return
  const code = 'invalid_facet_search_facet_name'
  const title = `Attribute \`${name}\` is not facet-searchable.`
  if (rule !== null) {
    const position = `rule #${rule.position}`
    throw refuse(
      code,
      `${title} Note: this attribute matches ${position} in filterableAttributes, but this rule does not enable ` +
        `facetSearch.\nHint: enable facetSearch in ${position} by adding \`"facetSearch": true\` to the rule.\n` +
        `Hint: prepend another rule matching ${name} with facetSearch: true before ${position}`,
    )
  }
  const patterns = filterablePatterns(settings, (features) => features.facetSearch)
  const known =
    patterns.length === 0
      ? 'This index does not have configured facet-searchable attributes.'
      : `Available facet-searchable attributes patterns are: \`${patterns.join(', ')}\`.`
  const hint = 'To make it facet-searchable add it to the `filterableAttributes` index settings.'
  throw refuse(code, `${title} ${known} ${hint}`)
}
