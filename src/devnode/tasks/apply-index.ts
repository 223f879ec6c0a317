import type { DevIndex } from '../engine/dev-index.ts'
import { memberText } from '../engine/documents.ts'
import type { Engine } from '../engine/engine.ts'
import { refuseMissing, storedVectors } from '../engine/vectors.ts'
import { notFoundIndex, refuse } from '../http/refusal.ts'
import { typoSizesText } from '../settings/check.ts'
import { applyPatch, type SettingsPatch } from '../settings/settings.ts'
import { indexForWrite, prefixed } from './apply-documents.ts'
import type { Details, NodeTask, Swap, Work } from './task.ts'

const exists = (uid: string) => refuse('index_already_exists', `Index \`${uid}\` already exists.`)

export function applySettings(
  engine: Engine,
  task: NodeTask,
  work: Extract<Work, { kind: 'settings' }>,
): Details {
  const index = indexForWrite(engine, task.indexUid ?? '', work.mayCreateIndex)
  const before = index.settings
  const after = applyPatch(before, work.patch)
  const { oneTypo, twoTypos } = after.typoTolerance.minWordSizeForTypos
  if (oneTypo > twoTypos) {
    const error = refuse('invalid_settings_typo_tolerance', typoSizesText(oneTypo, twoTypos))
    throw prefixed(index.uid, error)
  }
  index.settings = after
  try {
    index.checkGeo()
    if (work.patch['embedders'] !== undefined) readVectorsAgain(engine, index)
  } catch (error) {
    index.settings = before
    throw prefixed(index.uid, error)
  }
  engine.touch(index)
  return task.details
}

/** Stored `_vectors` have to fit the embedders there are now. */
function readVectorsAgain(engine: Engine, index: DevIndex): void {
  const missing = new Map<string, string[]>()
  const changes = [...index.table.all()].flatMap((document) => {
    const before = memberText(document, '_vectors')
    const change = { id: document.externalId, before, given: before, merge: false }
    const text = storedVectors(index.settings.embedders, change, missing)
    return text === undefined || text === before ? [] : [{ document, text }]
  })
  refuseMissing(missing)
  for (const { document, text } of changes) {
    const others = document.names.flatMap((name, at) =>
      name === '_vectors' ? [] : [[name, document.values[at] ?? 'null'] as const],
    )
    const stored = index.table.put(document.externalId, [...others, ['_vectors', text]])
    engine.keeper.saveDocument(index.key, stored)
  }
}

/** What the task shows: the change as it was sent, with the two lists that reset to "all" spelled out. */
export function settingsDetails(patch: SettingsPatch): Details {
  const details: Record<string, unknown> = { ...patch }
  for (const name of ['displayedAttributes', 'searchableAttributes']) {
    if (details[name] === null) details[name] = ['*']
  }
  return details
}

export function applyCreateIndex(engine: Engine, task: NodeTask, primaryKey: string | null): Details {
  const uid = task.indexUid ?? ''
  if (engine.find(uid) !== undefined) throw exists(uid)
  const index = engine.create(uid)
  index.primaryKey = primaryKey
  if (primaryKey !== null) index.table.learnField(primaryKey)
  engine.touch(index)
  return { primaryKey }
}

export function applyUpdateIndex(
  engine: Engine,
  task: NodeTask,
  work: Extract<Work, { kind: 'updateIndex' }>,
): Details {
  const index = engine.index(task.indexUid ?? '')
  const { newUid, primaryKey } = work
  if (newUid !== null && newUid !== index.uid && engine.find(newUid) !== undefined) throw exists(newUid)
  if (primaryKey !== null && primaryKey !== index.primaryKey) {
    if (index.primaryKey !== null && index.table.size > 0) {
      const text = `Index already has a primary key: \`${index.primaryKey}\`.`
      throw prefixed(newUid ?? index.uid, refuse('index_primary_key_already_exists', text))
    }
    index.primaryKey = primaryKey
    index.table.learnField(primaryKey)
  }
  if (newUid !== null && newUid !== index.uid) {
    const oldUid = index.uid
    engine.rename(index, newUid)
    rewriteHistory(engine, task.uid, new Map([[oldUid, newUid]]))
  }
  engine.touch(index)
  return task.details
}

/** Earlier tasks of a renamed or swapped index move with it. */
function rewriteHistory(engine: Engine, before: number, names: ReadonlyMap<string, string>): void {
  for (const task of engine.tasks.ascending()) {
    if (task.uid >= before) break
    const renamed = task.indexUid === null ? undefined : names.get(task.indexUid)
    if (renamed === undefined) continue
    task.indexUid = renamed
    engine.keeper.saveTask(task)
  }
}

export function applyDeleteIndex(engine: Engine, task: NodeTask): Details {
  const index = engine.index(task.indexUid ?? '')
  engine.remove(index)
  engine.lastUpdateMs = engine.clock.wall()
  return { deletedDocuments: index.table.size }
}

export function applySwap(engine: Engine, task: NodeTask, swaps: readonly Swap[]): Details {
  checkSwaps(engine, swaps)
  for (const { indexes, rename } of swaps) {
    const [left, right] = indexes
    if (rename) engine.rename(engine.index(left), right)
    else engine.swap(engine.index(left), engine.index(right))
    const names = new Map([[left, right]])
    if (!rename) names.set(right, left)
    rewriteHistory(engine, task.uid, names)
  }
  engine.lastUpdateMs = engine.clock.wall()
  return task.details
}

function checkSwaps(engine: Engine, swaps: readonly Swap[]): void {
  const needed = swaps.flatMap(({ indexes, rename }) => (rename ? [indexes[0]] : indexes))
  const missing = needed.filter((uid) => engine.find(uid) === undefined)
  const [first] = missing
  if (first !== undefined && missing.length === 1) throw notFoundIndex(first)
  if (first !== undefined) {
    const names = missing.map((uid) => `\`${uid}\``).join(', ')
    throw refuse('index_not_found', `Indexes ${names} not found.`)
  }
  for (const { indexes, rename } of swaps) {
    const [left, right] = indexes
    if (!rename || engine.find(right) === undefined) continue
    const hint = `Hint: You can remove \`${right}\` first and then do your remove.`
    const text = `Cannot rename \`${left}\` to \`${right}\` as the index already exists. ${hint}`
    throw refuse('index_already_exists', text)
  }
}

export function applyCancel(engine: Engine, task: NodeTask, uids: readonly number[]): Details {
  let canceledTasks = 0
  for (const uid of uids) {
    const victim = engine.tasks.get(uid)
    if (victim === undefined || victim.status !== 'enqueued') continue
    victim.status = 'canceled'
    victim.canceledBy = task.uid
    victim.startedMs = task.startedMs
    victim.finishedMs = engine.clock.wall()
    victim.details = zeroCounters(victim.details)
    victim.work = null
    engine.keeper.saveTask(victim)
    canceledTasks++
  }
  return { ...task.details, canceledTasks }
}

export function applyDeleteTasks(engine: Engine, task: NodeTask, uids: readonly number[]): Details {
  const done = uids.filter((uid) => {
    const status = engine.tasks.get(uid)?.status
    return status !== undefined && status !== 'enqueued' && status !== 'processing'
  })
  engine.tasks.delete(done)
  engine.keeper.dropTasks(done)
  return { ...task.details, deletedTasks: done.length }
}

/** A failed or canceled task has changed nothing, so what it would have counted is zero. */
export function zeroCounters(details: Details): Details {
  const zeroed: Record<string, unknown> = { ...details }
  for (const name of ['indexedDocuments', 'deletedDocuments', 'canceledTasks', 'deletedTasks']) {
    if (name in zeroed) zeroed[name] = 0
  }
  return zeroed
}
