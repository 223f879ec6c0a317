import type { SearchMerge } from '../../model/plan.ts'
import { type JsonMember, membersOf, objectText } from '../../std/json-members.ts'
import type { RankedHit } from './ranked-hits.ts'
import type { Scores } from './scores.ts'

/** A hit as the client asked to see it: without what was added to compare it, and with its score. */
export function dressed(hit: RankedHit, merge: SearchMerge, scores: Scores): string {
  const { distinct, hideScore } = merge
  const score = scores.of(hit)
  const own = hit.members.find((member) => member.key === '_rankingScore')?.value
  const isOwn = own === undefined || score === Number(own)
  if (distinct?.hide !== true && !hideScore && isOwn) return hit.shown
  const members = membersOf(hit.shown).flatMap((member): JsonMember[] => {
    if (member.key === '_rankingScore' && score !== null) {
      if (hideScore) return []
      return [isOwn ? member : { key: member.key, value: String(score) }]
    }
    if (distinct?.hide !== true) return [member]
    if (member.key === distinct.root) return []
    if (member.key !== '_formatted' || !distinct.hideFormatted) return [member]
    const formatted = membersOf(member.value).filter(({ key }) => key !== distinct.root)
    return [{ key: member.key, value: objectText(formatted) }]
  })
  return objectText(members)
}
