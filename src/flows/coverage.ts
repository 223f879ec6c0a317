import type { Answers } from '../model/answers.ts'
import type { HeaderList } from '../model/call.ts'
import { fail, type MiroirError } from '../model/errors.ts'
import type { GroupId } from '../model/ids.ts'
import type { IndexView, Reachability } from '../model/view.ts'
import type { ReadDeps } from './read-deps.ts'

const RETRY_AFTER_S = 10

/**
 * Headers for an answer that lacks shards: none when it is complete. Throws 503 when policy wants complete
 * answers or when there is nothing at all to show; an overloaded node is a 503 too, since the rest will be
 * there in a moment.
 */
export function coverageHeaders(
  index: IndexView,
  answers: Answers,
  deps: Pick<ReadDeps, 'config' | 'reachability'>,
): HeaderList {
  if (answers.uncovered.length === 0) return []
  const nothing = answers.answers.length === 0
  if (nothing || deps.config.unavailableShardPolicy === 'error' || isOverloaded(answers))
    throw unavailable(index, answers)
  return [['X-Miroir-Degraded', degradedText(index, answers, deps.reachability)]]
}

/** Why shards were not answered for: their nodes shed load and will be back, or there is no copy to ask. */
export function unavailable(index: IndexView, answers: Answers): MiroirError {
  const { uncovered } = answers
  return isOverloaded(answers)
    ? fail('too_many_search_requests', { count: uncovered.length, seconds: RETRY_AFTER_S })
    : fail('miroir_shard_unavailable', { uid: index.uid, shards: uncovered.join(', ') })
}

function isOverloaded({ failures }: Answers): boolean {
  return failures.some((failure) => failure.fault === 'overloaded')
}

/** `shards=3,7`, and `groups=1` where none of a group's nodes with a copy can be read. */
function degradedText(index: IndexView, answers: Answers, reachability: Reachability): string {
  const failed = new Set(answers.failures.map((failure) => failure.node))
  const alive = new Set<GroupId>()
  const groups = new Set<GroupId>()
  for (const { node, group } of index.copies.flat()) {
    groups.add(group)
    if (!failed.has(node) && reachability.readable(node)) alive.add(group)
  }
  const out = [...groups].filter((group) => !alive.has(group)).sort((one, other) => one - other)
  const shards = `shards=${answers.uncovered.join(',')}`
  return out.length === 0 ? shards : `${shards}; groups=${out.join(',')}`
}
