import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { physicalName } from '../../../src/catalogue/names.ts'
import { ownRulesFirst } from '../../../src/catalogue/own-attributes.ts'
import { scrubText } from '../../../src/catalogue/scrub.ts'
import {
  changeDetails,
  clientView,
  defaultSettings,
  deriveAll,
  deriveChange,
} from '../../../src/catalogue/settings.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/view.ts'
import type { SettingsChange } from '../../../src/model/writes.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { seededRandom } from '../../../src/std/random.ts'
import { randomChange } from './random-settings.ts'
import { RealNode, realNodeBinary } from './real-node.ts'

const SEEDS = Number(process.env['CATALOGUE_SEEDS'] ?? 12)
const CHANGES = 12

/** One index with its own settings beside one with derived settings; both must look the same to a client. */
class Pair {
  raw: JsonObject = {}
  readonly bare: string
  readonly derived: string
  readonly #node: RealNode

  constructor(node: RealNode, uid: string) {
    this.#node = node
    this.bare = uid
    this.derived = physicalName(uid, 1, 0)
  }

  async create(): Promise<void> {
    await this.#node.write('PATCH', `/indexes/${this.bare}/settings`, '{}')
    await this.seed(this.raw)
  }

  async seed(raw: JsonObject, replaced?: JsonObject): Promise<void> {
    const body = JSON.stringify(deriveAll(raw, replaced))
    const seeded = await this.#node.write('PATCH', `/indexes/${this.derived}/settings`, body)
    expect([body, seeded.task?.error ?? seeded.text.slice(0, 20)]).toEqual([
      body,
      expect.stringContaining('{"taskUid"'),
    ])
  }

  bareView(): Promise<JsonObject> {
    return this.#node.json('GET', `/indexes/${this.bare}/settings`)
  }

  async view(): Promise<JsonObject> {
    return clientView(await this.#node.json('GET', `/indexes/${this.derived}/settings`), this.raw)
  }

  /** Makes one change on both; answers false when our own check refused it. */
  async change(change: SettingsChange): Promise<boolean> {
    const suffix = change.route === null ? '' : `/${change.route}`
    const body = change.method === 'DELETE' ? undefined : text(change.body)
    const wanted = derived(change, this.raw)
    if (wanted === null) return false
    const bare = await this.#node.write(change.method, `/indexes/${this.bare}/settings${suffix}`, body)
    const path = `/indexes/${this.derived}/settings${wanted.suffix}`
    const ours = await this.#node.write(wanted.method, path, wanted.body ?? undefined)
    const told = `${change.method} ${suffix} ${body} as ${wanted.body}`
    expect([told, ours.status]).toEqual([told, bare.status])
    if (bare.task === null || ours.task === null) {
      expect([told, this.scrubbed(ours.text)]).toEqual([told, bare.text])
      return true
    }
    expect([told, ours.task.status]).toEqual([told, bare.task.status])
    expect([told, JSON.stringify(changeDetails(change))]).toEqual([told, JSON.stringify(bare.task.details)])
    expect([told, this.scrubbed(ours.task.error?.message ?? '')]).toEqual([
      told,
      bare.task.error?.message ?? '',
    ])
    if (ours.task.status === 'succeeded') this.raw = wanted.raw
    expect([told, await this.view()]).toEqual([told, await this.bareView()])
    return true
  }

  scrubbed(message: string): string {
    const list = this.raw['filterableAttributes']
    const options = { ownRulesFirst: Array.isArray(list) && ownRulesFirst(list) }
    return scrubText(message, new Map([[this.derived, this.bare]]), options)
  }
}

function derived(change: SettingsChange, raw: JsonObject): ReturnType<typeof deriveChange> | null {
  try {
    return deriveChange(change, raw)
  } catch (error) {
    expect(error).toBeInstanceOf(MiroirError)
    return null
  }
}

describe.skipIf(realNodeBinary === null)('derived settings on a real node', () => {
  let node: RealNode
  beforeAll(async () => {
    node = await RealNode.start()
  })
  afterAll(() => node.stop())

  it('shows a fresh index as the node does', async () => {
    const pair = new Pair(node, 'fresh')
    await pair.create()
    expect(JSON.stringify(await pair.view())).toBe(JSON.stringify(await pair.bareView()))
    expect(JSON.stringify(defaultSettings())).toBe(JSON.stringify(await pair.bareView()))
  })

  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'looks like the client’s own settings, seed %i',
    { timeout: 120_000 },
    async (seed) => {
      const random = seededRandom(seed)
      const pair = new Pair(node, `random-${seed}`)
      await pair.create()
      let before: { raw: JsonObject; view: JsonObject } = { raw: {}, view: await pair.bareView() }
      for (let count = 0; count < CHANGES; count++) {
        before = { raw: pair.raw, view: await pair.bareView() }
        await pair.change(randomChange(random, pair.raw))
      }
      const after = { raw: pair.raw, view: await pair.bareView() }
      await setBackAndForth(pair, before, after)
      const fresh = new Pair(node, `seeded-${seed}`)
      await fresh.seed(after.raw)
      fresh.raw = after.raw
      expect(await fresh.view()).toEqual(after.view)
    },
  )

  async function setBackAndForth(
    pair: Pair,
    before: { raw: JsonObject; view: JsonObject },
    after: { raw: JsonObject; view: JsonObject },
  ): Promise<void> {
    await pair.seed(after.raw, after.raw)
    expect(await pair.view()).toEqual(after.view)
    await pair.seed(before.raw, after.raw)
    pair.raw = before.raw
    expect(await pair.view()).toEqual(before.view)
    await pair.seed(after.raw, before.raw)
    pair.raw = after.raw
    expect(await pair.view()).toEqual(after.view)
  }

  it('keeps our rules in force whatever the client’s patterns are', async () => {
    for (const [at, list] of [['*'], [{ attributePatterns: ['_*'] }], ['*_seq', 'a'], ['a']].entries()) {
      const uid = `rules-${at}`
      const pair = new Pair(node, uid)
      await pair.create()
      const body = utf8(JSON.stringify(list))
      await pair.change({ route: 'filterable-attributes', method: 'PUT', body })
      const filter =
        '{"filter":["_miroir_shard = \\"!!!!\\"", "_miroir_seq > \\"!!\\""],"sort":["_miroir_seq:asc"]}'
      expect((await node.ask('POST', `/indexes/${pair.derived}/search`, filter)).status).toBe(200)
    }
  })
})
