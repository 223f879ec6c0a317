import type { NodeId, ShardId } from '../model/ids.ts'
import type { Question, ReadTarget, ReadTargets, Retarget } from '../model/plan.ts'
import { askBody, type SearchScope } from './search-body.ts'
import { indexPath, targetsFor } from './targets.ts'

/** The same copies that answered first, asked once more. */
export function questionTargets(
  scope: SearchScope,
  answered: readonly ReadTarget[],
  question: Question,
): readonly ReadTarget[] {
  return answered.map((target) => ({
    ...target,
    ...questionParts(scope, { name: target.name, shardFilter: target.shardFilter }, question),
  }))
}

/** Other copies for shards whose copy failed meanwhile. */
export function retargetQuestion(scope: SearchScope, question: Question): Retarget {
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>): ReadTargets =>
    targetsFor(
      { ...scope, usable: (node) => !failed.has(node) && scope.usable(node) },
      shards,
      (name, shardFilter) => questionParts(scope, { name, shardFilter }, question),
    )
}

function questionParts(
  scope: SearchScope,
  { name, shardFilter }: { readonly name: string; readonly shardFilter: string | null },
  { ask }: Question,
): { method: 'POST'; path: string; body: string } {
  return { method: 'POST', path: indexPath(name, 'search'), body: askBody(scope, shardFilter, ask) }
}
