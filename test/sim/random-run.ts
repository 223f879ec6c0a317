import type { WriteReceipt } from '../../src/model/writes.ts'
import { randomInteger, seededRandom } from '../../src/std/random.ts'
import type { Fate } from './model-network.ts'
import { World } from './world.ts'

type Document = Record<string, unknown>

/** What a client did and what it was told, in order. */
interface Step {
  readonly taskUid: number
  /** The client got a 202. */
  readonly confirmed: boolean
  readonly apply: (documents: Map<string, Document>) => void
}

export interface RunOptions {
  readonly seed: number
  readonly steps: number
  readonly log?: (line: string) => void
}

const KEYS = 12

/**
 * One seeded history: a client writes while nodes die, answers are lost, requests arrive late and the pod is
 * killed. Then everything heals, and every copy must hold exactly the fold of the operations whose tasks
 * succeeded.
 */
export async function randomRun({ seed, steps, log }: RunOptions): Promise<void> {
  const dice = seededRandom(seed)
  const pick = (below: number): number => randomInteger(dice, below)
  const groups = 1 + pick(2)
  const world = new World({ seed, groups, nodesPerGroup: 1 + pick(3), shards: 1 + pick(4) })
  await world.run(world.start())
  const history: Step[] = []
  const faults = swarm(dice.next)
  world.network.fate = (node, request): Fate => {
    const fate = request.write ? faults.fate() : 'deliver'
    if (request.write) log?.(`  ${world.clock.now()} ${node} ${request.method} ${request.path}: ${fate}`)
    return fate
  }
  for (const id of world.nodeIds) world.node(id).applyMs = 1 + pick(faults.slow ? 400 : 20)
  for (let step = 0; step < steps; step++) {
    if (dice.next() < faults.kill) {
      const node = world.node(world.nodeIds[pick(world.nodeIds.length)] ?? '')
      node.up = !node.up
      world.writes.nodeChanged()
      log?.(`step ${step}: a node is ${node.up ? 'up' : 'down'}`)
    }
    if (dice.next() < faults.crash) {
      log?.(`step ${step}: the pod dies`)
      await world.run(world.start())
    }
    if (dice.next() < faults.wipe) wipe(world, pick, log)
    if (pick(12) === 0) await settings(world, step)
    const done = await write(world, pick, step)
    if (done !== null) {
      history.push(done)
      log?.(`step ${step}: task ${done.taskUid}`)
    }
    await world.clock.advance(pick(50))
  }
  world.network.fate = () => 'deliver'
  for (const id of world.nodeIds) world.node(id).up = true
  world.writes.nodeChanged()
  await world.clock.advance(40_000)
  await world.heal(200_000)
  log?.(world.nodeLogs())
  const expected = await fold(world, history, log)
  world.assertSettings('films')
  if (expected === null) return world.assertConverged('films')
  if (world.registry.current().indexes.has('films')) world.assertEqual('films', expected)
  else if (expected.size > 0) throw new Error('the index is gone')
}

/** Each seed has its own mix of faults, so that rare combinations get their turn. */
function swarm(next: () => number): {
  fate: () => Fate
  kill: number
  crash: number
  wipe: number
  slow: boolean
} {
  const on = (share: number): number => (next() < 0.5 ? share : 0)
  const [answer, request, late] = [on(0.06), on(0.06), on(0.04)]
  return {
    kill: on(0.15),
    crash: on(0.04),
    wipe: next() < 0.2 ? 0.05 : 0,
    slow: next() < 0.3,
    fate() {
      const roll = next()
      if (roll < answer) return 'lose-answer'
      if (roll < answer + request) return 'lose-request'
      return roll < answer + request + late ? 'late' : 'deliver'
    },
  }
}

/** A node loses its volume, if every shard it holds has another current copy on a node that is up. */
function wipe(world: World, pick: (below: number) => number, log: RunOptions['log']): void {
  const victim = world.nodeIds[pick(world.nodeIds.length)] ?? ''
  const index = world.registry.current().indexes.get('films')
  const safe = index?.copies.every(
    (copies) =>
      copies.every((copy) => copy.node !== victim) ||
      copies.some((copy) => copy.node !== victim && copy.state === 'current' && world.node(copy.node).up),
  )
  if (safe !== true || world.writes.openOperations() > 0) return
  log?.(`  ${victim} is wiped`)
  world.node(victim).wipe()
  void world.writes.nodeForgot(victim)
}

/** Settings come and go; what matters is that all copies end with the same. */
async function settings(world: World, step: number): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify({ stopWords: [`word${step}`] }))
  const change = { route: null, method: 'PATCH', body } as const
  await world.run(world.writes.changeSettings('films', change, world.deadline())).catch((error: unknown) => {
    if ((error as { body?: unknown }).body === undefined) throw error
  })
}

/** One client call; null when it was refused before anything happened. */
async function write(world: World, pick: (below: number) => number, step: number): Promise<Step | null> {
  const kind = pick(10)
  const ids = Array.from({ length: 1 + pick(4) }, () => pick(KEYS))
  if (kind < 4) {
    const documents = ids.map((id) => ({ id, step, class: id % 3 }))
    return attempt(world, world.add('films', documents), (state) => {
      for (const document of documents) state.set(String(document.id), document)
    })
  }
  if (kind < 7) {
    const documents = ids.map((id) => ({ id, [`field${pick(3)}`]: step }))
    return attempt(world, world.add('films', documents, { mode: 'update' }), (state) => {
      for (const document of documents) {
        state.set(String(document.id), { ...state.get(String(document.id)), ...document })
      }
    })
  }
  if (kind < 9) {
    const deletion = { kind: 'ids', ids: ids.map(String) } as const
    return attempt(
      world,
      world.writes.deleteDocuments('films', deletion, null, world.deadline()),
      (state) => {
        for (const id of ids) state.delete(String(id))
      },
    )
  }
  if (pick(4) === 0) {
    const all = { kind: 'all' } as const
    return attempt(world, world.writes.deleteDocuments('films', all, null, world.deadline()), (state) =>
      state.clear(),
    )
  }
  const value = pick(3)
  const deletion = { kind: 'filter', filter: `class = ${value}` } as const
  return attempt(world, world.writes.deleteDocuments('films', deletion, null, world.deadline()), (state) => {
    for (const [id, document] of [...state]) if (document['class'] === value) state.delete(id)
  })
}

/** Prints where operations hang, for a run that does not end. */
function stuck(world: World): string {
  return `${world.openState()}\n${world.notes.slice(-8).join('\n')}`
}

async function attempt(
  world: World,
  call: Promise<WriteReceipt>,
  apply: Step['apply'],
): Promise<Step | null> {
  try {
    const receipt = await world.run(call, 120_000, () => stuck(world))
    return { taskUid: receipt.task.taskUid, apply, confirmed: true }
  } catch (error) {
    const body = (error as { body?: { code: string; message: string } }).body
    if (body?.code === 'miroir_write_unconfirmed') {
      return { taskUid: Number(/Task (\d+)/.exec(body.message)?.[1]), apply, confirmed: false }
    }
    if (body === undefined) throw error
    return null
  }
}

async function fold(
  world: World,
  history: readonly Step[],
  log: RunOptions['log'],
): Promise<Map<string, Document> | null> {
  const documents = new Map<string, Document>()
  for (const step of history) {
    const row = await world.store.getTask(step.taskUid)
    if (row === null) throw new Error(`task ${step.taskUid} is unknown`)
    if (row.finishedMs === null) throw new Error(`task ${step.taskUid} never ended`)
    // Only a pod that dies in the middle of a write, which its client was never told of, leaves a part of it.
    if (row.error?.code === 'miroir_partial') {
      if (step.confirmed) throw new Error(`partial: ${row.error.message}`)
      return null
    }
    log?.(`task ${step.taskUid}: ${row.status}`)
    if (row.status === 'succeeded') step.apply(documents)
  }
  return documents
}
