import type { ErrorBody } from '../../model/errors.ts'
import type { NodeId, ShardId } from '../../model/ids.ts'
import type { Copy, Leg, Operation, ShardResult } from '../run.ts'

/** What the outcomes of a dispatch allow so far (M1–M3). Pure. */
export interface DispatchDecision {
  /** Copies that surely or possibly lack what another member surely holds. */
  readonly leave: readonly Copy[]
  /** Nobody holds the shard and this leg surely did not arrive: it may be sent again. */
  readonly resend: readonly Leg[]
  /** Nobody surely holds the shard and this node may: only a fence can tell. */
  readonly fence: readonly NodeId[]
  /** Fewest copies that surely hold a shard of the operation. */
  readonly holders: number
  /** Written, uncounted-for copies whose request is not answered yet. */
  readonly unanswered: readonly Copy[]
}

const HOLDS = new Set(['acked', 'ended'])

/** The leg that carries a shard to a node; joining legs are not counted. */
function legOf(operation: Operation, shard: ShardId, node: NodeId): Leg | undefined {
  return operation.legs.find((leg) => leg.node === node && !leg.joining && leg.writeSet.includes(shard))
}

export function decideDispatch(operation: Operation): DispatchDecision {
  const leave: Copy[] = []
  const resend = new Set<Leg>()
  const fence = new Set<NodeId>()
  const unanswered: Copy[] = []
  let fewest = Number.POSITIVE_INFINITY
  for (const shard of operation.shards) {
    const carried = (operation.run.copies[shard] ?? []).flatMap((copy) => {
      const leg = copy.joining ? undefined : legOf(operation, shard, copy.node)
      return leg === undefined || leg.stage === 'left' || copy.state === 'lagging' ? [] : [{ copy, leg }]
    })
    const holding = carried.filter(({ leg }) => HOLDS.has(leg.stage))
    const lost = carried.filter(({ leg }) => leg.stage === 'missed' || leg.stage === 'ambiguous')
    const open = carried.filter(({ leg }) => leg.stage === 'waiting' || leg.stage === 'sent')
    fewest = Math.min(fewest, holding.length)
    unanswered.push(...open.map(({ copy }) => copy))
    // Only a member can vouch for the shard: the last one never leaves.
    const vouched = holding.some(({ copy }) => copy.member)
    leave.push(...lost.filter(({ copy }) => vouched || !copy.member).map(({ copy }) => copy))
    if (!vouched && !open.some(({ copy }) => copy.member)) {
      for (const { leg, copy } of lost.filter((one) => one.copy.member)) {
        if (leg.stage === 'missed') resend.add(leg)
        else if (!leg.parked) fence.add(copy.node)
      }
    }
  }
  return { leave, resend: [...resend], fence: [...fence], holders: fewest, unanswered }
}

/** What a shard's members say of an operation. */
export type ShardVerdict =
  | { readonly kind: 'wait' }
  /** A member that trails may leave because another one has ended. */
  | { readonly kind: 'trailing'; readonly copies: readonly Copy[] }
  | { readonly kind: 'settled'; readonly result: ShardResult; readonly leave: readonly Copy[] }

/**
 * Settles one shard of an operation (M2): every member must have ended; if one succeeded, those that failed
 * leave; if none did, the operation failed there and nobody leaves.
 */
export function decideShard(operation: Operation, shard: ShardId): ShardVerdict {
  const members = (operation.run.copies[shard] ?? []).filter((copy) => copy.member)
  const legs = members.map((copy) => ({ copy, leg: legOf(operation, shard, copy.node) }))
  const ended = legs.filter(({ leg }) => leg?.stage === 'ended')
  const open = legs.filter(({ leg }) => leg?.stage !== 'ended')
  if (open.length > 0) {
    return ended.length > 0 ? { kind: 'trailing', copies: open.map(({ copy }) => copy) } : { kind: 'wait' }
  }
  const succeeded = ended.filter(({ leg }) => leg?.end?.ok === true)
  if (succeeded.length > 0 || ended.length === 0) {
    const leave = ended.filter(({ leg }) => leg?.end?.ok !== true).map(({ copy }) => copy)
    return { kind: 'settled', result: { ok: succeeded.length > 0, error: null }, leave }
  }
  return {
    kind: 'settled',
    result: { ok: false, error: lowestError(ended.map(({ leg }) => leg)) },
    leave: [],
  }
}

/** The first error that speaks of the client's data; internal ones only when there is no other. */
function lowestError(legs: readonly (Leg | undefined)[]): ErrorBody | null {
  const errors = legs.flatMap((leg) => (leg?.end?.error == null ? [] : [leg.end.error]))
  return errors.find((error) => error.type !== 'internal') ?? errors[0] ?? null
}
