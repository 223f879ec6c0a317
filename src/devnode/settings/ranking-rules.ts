import { refuse } from '../http/refusal.ts'
import { expectArray, expectString, inside, type Spot, wrongValue } from '../http/shape.ts'

const BUILT_IN = new Set([
  'words',
  'typo',
  'proximity',
  'attribute',
  'attributeRank',
  'wordPosition',
  'sort',
  'exactness',
])

/** Checks the names and shapes of ranking rules in a node's words. */
export function checkRankingRules(value: unknown, spot: Spot): string[] {
  const rules = expectArray(value, spot).map((rule, index) => {
    const at = inside(spot, index)
    const text = expectString(rule, at)
    checkRule(text, at)
    return text
  })
  if (rules.includes('attribute') && (rules.includes('attributeRank') || rules.includes('wordPosition'))) {
    throw refuse(
      spot.code,
      'Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. You must either use the ' +
        'attribute ranking rule alone or the attributeRank and wordPosition ranking rules.',
    )
  }
  return rules
}

function checkRule(rule: string, spot: Spot): void {
  if (BUILT_IN.has(rule)) return
  const field = /^(.+):(?:asc|desc)$/.exec(rule)?.[1]
  if (field === undefined) {
    const valid = 'words, typo, sort, proximity, attribute, exactness and custom ranking rules'
    throw wrongValue(spot, `\`${rule}\` ranking rule is invalid. Valid ranking rules are ${valid}.`)
  }
  for (const reserved of ['_geoPoint', '_geoRadius', '_geoBoundingBox', '_geoDistance', '_geo']) {
    if (field !== reserved && !field.startsWith(`${reserved}(`)) continue
    const where =
      reserved === '_geoPoint' ? `. \`${reserved}\` can only be used for sorting at search time` : ''
    const reason = `\`${reserved}\` is a reserved keyword and thus can't be used as a ranking rule`
    throw wrongValue(spot, `${reason}${where}`)
  }
}
