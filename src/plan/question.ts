import type { NodeId, ShardId } from '../model/ids.ts'
import type { Question, ReadTarget, ReadTargets, Retarget } from '../model/plan.ts'
import { askRequest } from './search-body.ts'
import type { SearchScope } from './search-scope.ts'
import { targetsFor } from './targets.ts'

/** The same copies that answered first, asked once more. */
export function questionTargets(
  scope: SearchScope,
  answered: readonly ReadTarget[],
  question: Question,
): readonly ReadTarget[] {
  return answered.map((target) => ({
    ...target,
    ...askRequest(scope, target, question.ask),
  }))
}

/** Other copies for shards whose copy failed meanwhile. */
export function retargetQuestion(scope: SearchScope, question: Question): Retarget {
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>): ReadTargets =>
    targetsFor(
      { ...scope, usable: (node) => !failed.has(node) && scope.usable(node) },
      shards,
      (name, shardFilter) => askRequest(scope, { name, shardFilter }, question.ask),
    )
}
