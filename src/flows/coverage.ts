import type { Answers } from '../model/answers.ts'
import type { HeaderList } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid, ShardId } from '../model/ids.ts'
import type { IndexView } from '../model/view.ts'
import type { ReadConfig } from './read-deps.ts'

const RETRY_AFTER_S = 10

/**
 * Headers for an answer that lacks shards: none when it is complete. Throws 503 when policy wants complete answers or
 * when there is nothing at all to show; an overloaded node is a 503 too, since the rest will be there in a moment.
 */
export function coverageHeaders(index: IndexView, answers: Answers, config: ReadConfig): HeaderList {
  const { uncovered, failures } = answers
  if (uncovered.length === 0) return []
  if (failures.some((failure) => failure.fault === 'overloaded'))
    throw fail('too_many_search_requests', { count: uncovered.length, seconds: RETRY_AFTER_S })
  if (config.unavailableShardPolicy === 'error' || uncovered.length === index.shards)
    throw shardsUnavailable(index.uid, uncovered)
  return [['X-Miroir-Degraded', degradedText(index, answers)]]
}

export function shardsUnavailable(uid: IndexUid, shards: readonly ShardId[]): Error {
  return fail('miroir_shard_unavailable', { uid, shards: shards.join(', ') })
}

/** `shards=3,7`, and `groups=1` where a group answered for nothing although all of it was wanted. */
function degradedText(index: IndexView, { answers, uncovered, failures }: Answers): string {
  const groupOf = new Map(index.copies.flat().map((copy) => [copy.node, copy.group]))
  const heard = new Set(answers.map((answer) => answer.target.node.group))
  const silent = failures.map((failure) => groupOf.get(failure.node)).filter((group) => group !== undefined)
  const out = [...new Set(silent)].filter((group) => !heard.has(group)).sort((one, other) => one - other)
  const shards = `shards=${uncovered.join(',')}`
  return out.length === 0 ? shards : `${shards}; groups=${out.join(',')}`
}
