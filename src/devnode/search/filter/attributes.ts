import { compareBytes, type FilterFeatures, type Settings } from '../../settings/settings.ts'

const EVERYTHING: FilterFeatures = { facetSearch: true, filter: { equality: true, comparison: true } }

/** True when a pattern (`*` at either end) or a parent of the attribute is named. */
export function matchesPattern(pattern: string, attribute: string): boolean {
  if (pattern === '*') return true
  if (pattern.length > 1 && pattern.startsWith('*') && pattern.endsWith('*')) {
    return attribute.includes(pattern.slice(1, -1))
  }
  if (pattern.endsWith('*')) return attribute.startsWith(pattern.slice(0, -1))
  if (pattern.startsWith('*')) return attribute.endsWith(pattern.slice(1))
  return isOrHolds(pattern, attribute)
}

/** True when `name` is the attribute or one of the objects around it. */
export function isOrHolds(name: string, attribute: string): boolean {
  return attribute === name || (attribute.startsWith(name) && attribute.charAt(name.length) === '.')
}

export interface MatchedRule {
  readonly features: FilterFeatures
  readonly position: number
}

/** The first rule of `filterableAttributes` that names the attribute decides. */
export function filterRule(settings: Settings, attribute: string): MatchedRule | null {
  const { filterableAttributes } = settings
  for (let position = 0; position < filterableAttributes.length; position++) {
    const rule = filterableAttributes[position]
    if (typeof rule === 'string') {
      if (isOrHolds(rule, attribute) || rule === '*') return { features: EVERYTHING, position }
    } else if (rule?.attributePatterns.some((pattern) => matchesPattern(pattern, attribute))) {
      return { features: rule.features, position }
    }
  }
  return null
}

/** All patterns in byte order, for error texts. */
export function filterablePatterns(
  settings: Settings,
  keep: (features: FilterFeatures) => boolean = () => true,
): string[] {
  const names = settings.filterableAttributes.flatMap((rule) => {
    if (typeof rule === 'string') return keep(EVERYTHING) ? [rule] : []
    return keep(rule.features) ? rule.attributePatterns : []
  })
  return [...new Set(names)].sort(compareBytes)
}
