import type { DistinctMerge, ThresholdMerge } from '../model/plan.ts'
import type { IndexView } from '../model/view.ts'
import { isStringList } from '../std/json-values.ts'
import { kindOf } from './hybrid.ts'
import type { SearchRequest } from './request/search-request.ts'
import type { SearchScope } from './search-scope.ts'

/* Searches whose hits drop others: by an attribute's values, or by their scores. */

/** Every document has a value of its own here, so that nodes drop none. */
const EACH = '"_miroir_seq"'

/** Each node drops what its own hits repeat; what hits of several nodes repeat is dropped by the merge. */
export function distinctMerge({ index, request }: SearchScope): DistinctMerge | null {
  const attribute = request.distinct ?? index.facts.distinctAttribute
  if (attribute === null) return null
  const [root = attribute] = attribute.split('.')
  const shown = request.attributesToRetrieve
  const hide = shown !== null && !shown.includes('*') && !shown.some((name) => isOrHolds(name, attribute))
  const formatted = request.formatted.includes('*') || request.formatted.some((name) => isOrHolds(name, root))
  // A node takes no other attribute in a request; in settings it does.
  const filterable = request.distinct !== null || isPlainlyFilterable(index, attribute)
  return { attribute, root, hide, hideFormatted: hide && !formatted, filterable }
}

/**
 * Scores are looked at here, not by the nodes: they stop counting where each has hits enough, and their
 * scores are not on one scale. Where they are, and everything is counted, nodes know best.
 */
export function thresholdMerge({ index, request }: SearchScope): ThresholdMerge | null {
  const { threshold, echo } = request
  if (threshold === null || kindOf(request) !== 'words') return null
  if (echo.kind === 'page' && constantScale(request)) return null
  return { least: threshold, monotone: isMonotone(index, request) }
}

/** Members of the body that let the merge see what it selects by. */
export function selectionMembers(scope: SearchScope): Readonly<Record<string, string | null>> {
  const distinct = distinctMerge(scope)
  const shown = [...(scope.request.attributesToRetrieve ?? []), distinct?.attribute]
  const retrieve = distinct?.hide === true ? { attributesToRetrieve: JSON.stringify(shown) } : {}
  if (thresholdMerge(scope) === null) return retrieve
  const scores = { rankingScoreThreshold: null, showRankingScore: 'true' }
  // Values are told apart after scores are.
  return distinct === null ? { ...retrieve, ...scores } : { ...retrieve, ...scores, distinct: EACH }
}

/** Why hits cannot be told apart by what they show; null when they can. */
export function unreadableDistinct(scope: SearchScope): string | null {
  const distinct = distinctMerge(scope)
  if (distinct === null) return null
  const { attribute, root, hide } = distinct
  const { displayedAttributes } = scope.index.facts
  const displayed = displayedAttributes?.some((name) => isOrHolds(name, attribute)) ?? true
  if (!displayed) return `\`distinct\` by \`${attribute}\`, which hits do not show, over several nodes`
  const { attributesToRetrieve, formatted } = scope.request
  const beside = [...(attributesToRetrieve ?? []), ...formatted].some((name) => name.startsWith(`${root}.`))
  if (!hide || !beside) return null
  return `\`distinct\` by \`${attribute}\` while \`attributesToRetrieve\` names other parts of \`${root}\``
}

/** `a` holds `a.b`. */
function isOrHolds(name: string, attribute: string): boolean {
  return name === attribute || attribute.startsWith(`${name}.`)
}

function isPlainlyFilterable({ facts }: IndexView, attribute: string): boolean {
  return facts.filterableAttributes.some(
    (rule) => typeof rule === 'string' && (rule === '*' || isOrHolds(rule, attribute)),
  )
}

/**
 * Scores of different nodes are on one scale when no rule's maximum depends on the words a node has:
 * without a query, for a single word, or when all words must match.
 */
export function constantScale(request: Pick<SearchRequest, 'query' | 'matchesAllWords'>): boolean {
  const query = request.query.trim()
  if (query === '' || request.matchesAllWords) return true
  return /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]+$/u.test(query)
}

/** Hits come by falling score: no rule without a share in the score stands before one with it. */
function isMonotone({ settings }: IndexView, { sort }: SearchRequest): boolean {
  const rules = settings['rankingRules']
  if (!isStringList(rules)) return sort.length === 0
  const active = rules.filter((rule) => rule !== 'sort' || sort.length > 0)
  const scored = active.map((rule) => rule !== 'sort' && !rule.includes(':'))
  return !scored.slice(scored.indexOf(false) === -1 ? scored.length : scored.indexOf(false)).includes(true)
}
