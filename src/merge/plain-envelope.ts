import { elementsOf, type JsonMember, membersOf, memberValue, objectText } from '../std/json-members.ts'

/**
 * The envelope of an internal federated search as a plain search of its one query has it: members in a
 * node's order. What has not the shape of one stays as it is, for the fold to find.
 */
export function plainEnvelope(envelope: string, { query }: { readonly query: string }): string {
  try {
    JSON.parse(envelope)
    const members = membersOf(envelope)
    return objectText([{ key: 'query', value: query }, ...members.flatMap(plainMembers)])
  } catch {
    return envelope
  }
}

function plainMembers({ key, value }: JsonMember): JsonMember[] {
  // A vector per query; a plain search tells one, and only where vectors were searched.
  if (key === 'queryVectors') return []
  if (key === 'metadata') return elementsOf(value).map((own) => ({ key, value: own }))
  if (key !== 'facetsByIndex') return [{ key, value }]
  const own = membersOf(membersOf(value)[0]?.value ?? '{}')
  return [
    { key: 'facetDistribution', value: memberValue(own, 'distribution') ?? '{}' },
    { key: 'facetStats', value: memberValue(own, 'stats') ?? '{}' },
  ]
}
