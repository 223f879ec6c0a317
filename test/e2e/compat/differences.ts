import { readFileSync } from 'node:fs'
import type { NodeKind } from '../cluster.ts'
import type { Step } from './recording.ts'
import type { Substitutes } from './replay.ts'

/**
 * `unsupported`: refused with a clear error · `by design`: told in the documents · `follows`: because of an
 * earlier step · `embedded node`: what the embedded node does otherwise than Meilisearch.
 */
export type DifferenceClass = 'unsupported' | 'by design' | 'follows' | 'embedded node'

/** A recorded step that this proxy answers differently, and why. */
export interface Difference {
  readonly step: string
  /** Absent: over nodes of every kind. */
  readonly nodes?: NodeKind
  readonly class: DifferenceClass
  readonly reason: string
  /** Which copies answer decides whether it differs. */
  readonly sometimes?: true
  /** Sent after the refused step, so that the steps behind it find what they should. */
  readonly instead?: Pick<Step, 'method' | 'path' | 'body'>
}

export function differencesOver(kind: NodeKind): readonly Difference[] {
  const text = readFileSync(new URL('../../compat/differences.json', import.meta.url), 'utf8')
  const all = JSON.parse(text) as Difference[]
  return all.filter(({ nodes }) => nodes === undefined || nodes === kind)
}

export function substitutesOf(differences: readonly Difference[]): Substitutes {
  return new Map(differences.flatMap(({ step, instead }) => (instead === undefined ? [] : [[step, instead]])))
}
