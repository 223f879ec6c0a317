import { type NodeProcess, pause, type Shape } from '../processes.ts'
import { complaintsOf, endedTasks } from './check.ts'
import { Ledger } from './ledger.ts'
import {
  changeSettings,
  EMPTIED,
  emptyAndFill,
  INDEXES,
  LIVE,
  newSightings,
  type Sightings,
  Writer,
} from './load.ts'
import { type Expected, expectedOf, fillSteady, searchAlways, witness } from './readers.ts'
import { ChaosWorld, physicalName } from './world.ts'

/** What happens while clients write and search. */
export type Fault = (world: ChaosWorld, at: number) => Promise<void>

const WRITERS = 3
const SEARCHERS = 2
const CALM_MS = 400

/** One world over several faults: what earlier rounds wrote must still be there. */
export class ChaosRun {
  readonly world: ChaosWorld
  readonly #expected: Expected
  readonly #live: Ledger[] = []
  readonly #emptied = new Ledger()
  #round = 0

  constructor(world: ChaosWorld, expected: Expected) {
    this.world = world
    this.#expected = expected
  }

  static async start(shape: Shape, binary: string | null): Promise<ChaosRun> {
    const world = await ChaosWorld.start(shape, binary)
    try {
      const { client } = world.proxy
      const filterableAttributes = ['owner', 'class', 'step']
      const { taskUid } = await client.json('PATCH', `/indexes/${LIVE}/settings`, { filterableAttributes })
      await client.task(Number(taskUid))
      await fillSteady(client)
      return new ChaosRun(world, await expectedOf(client))
    } catch (error) {
      await world.stop()
      throw error
    }
  }

  /** Load, a fault in the middle of it, healing under load, calm; then every copy is read. */
  async round(fault: Fault, mayBeAway: boolean): Promise<{ seen: Sightings; complaints: string[] }> {
    const round = ++this.#round
    const seen = newSightings()
    let on = true
    const load = this.#load({ round, seen, mayBeAway, goesOn: () => on })
    try {
      await pause(CALM_MS)
      await fault(this.world, round)
      await pause(CALM_MS)
    } finally {
      on = false
      await Promise.all(load)
    }
    await this.world.healed(INDEXES)
    return { seen, complaints: await this.complaints() }
  }

  /** Changes a node's documents behind the proxy's back. */
  async tamper(node: NodeProcess, change: { method: string; path: string }): Promise<void> {
    const name = await physicalName(node, LIVE)
    const path = `/indexes/${name}/documents${change.path}`
    const { taskUid } = await node.client.json(change.method, path)
    await node.client.task(Number(taskUid))
  }

  #load(to: { round: number; seen: Sightings; mayBeAway: boolean; goesOn: () => boolean }): Promise<void>[] {
    const { client } = this.world.proxy
    const { round, seen, goesOn } = to
    const readers = { client, ...to }
    const writers = Array.from({ length: WRITERS }, (_, at) => {
      const writer = new Writer(client, seen, `r${round}w${at}`, round * 100 + at)
      this.#live.push(writer.ledger)
      return writer.run(goesOn)
    })
    const [settings, seenBy] = [new Ledger(), new Ledger()]
    this.#live.push(settings, seenBy)
    return [
      ...writers,
      emptyAndFill({ client, ledger: this.#emptied, seen, goesOn }, round),
      changeSettings({ client, ledger: settings, seen, goesOn }),
      witness({ ...readers, ledger: seenBy }, `witness${round}`),
      ...Array.from({ length: SEARCHERS }, () => searchAlways(readers, this.#expected)),
    ]
  }

  /** What is wrong now, when nobody writes. */
  async complaints(): Promise<string[]> {
    const ledgers = [...this.#live, this.#emptied]
    const tasks = await endedTasks(
      this.world.proxy.client,
      ledgers.flatMap((ledger) => ledger.tasks),
    )
    const live = this.#live.map((ledger) => ledger.fold(tasks))
    const emptied = this.#emptied.fold(tasks)
    return [
      ...(await complaintsOf(this.world, LIVE, live)),
      ...(await complaintsOf(this.world, EMPTIED, [emptied])),
    ]
  }
}
