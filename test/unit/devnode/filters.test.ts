import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

interface FilterCase {
  readonly filter: unknown
  readonly ids?: readonly number[]
  readonly code?: string
  readonly message?: string
}

interface Recorded {
  readonly settings: object
  readonly documents: readonly object[]
  readonly cases: readonly FilterCase[]
}

// What a Meilisearch 1.50 answered to each of these filters over these documents.
const recorded: Recorded = JSON.parse(readFileSync(new URL('filters.json', import.meta.url), 'utf8'))

describe('filters', () => {
  let running: RunningNode
  beforeAll(async () => {
    running = await runNode()
    await running.write('PATCH', '/indexes/filters/settings', recorded.settings)
    await running.write('POST', '/indexes/filters/documents?primaryKey=id', recorded.documents)
  })
  afterAll(() => running.node.close())

  it.each(recorded.cases)('$filter', async ({ filter, ids, code, message }) => {
    const body = { filter, attributesToRetrieve: ['id'] }
    const { json } = await running.call('POST', '/indexes/filters/search', body)
    if (ids === undefined) expect(json).toMatchObject({ code, message })
    else expect(json.hits?.map((hit: { id: number }) => hit.id)).toEqual(ids)
  })

  it('quotes filters of the documents routes as they came', async () => {
    const { json } = await running.call('POST', '/indexes/filters/documents/fetch', {
      filter: 's = a AND zzz = 1',
    })
    expect(json.message).toMatch(/^Attribute `zzz` is not filterable\..*\n11:14 s = a AND zzz = 1$/)
    const task = await running.write('POST', '/indexes/filters/documents/delete', { filter: 'zzz = 1' })
    expect(task.error.message).toMatch(
      /^Index `filters`: Attribute `zzz` is not filterable\..*\n1:4 zzz = 1$/,
    )
  })
})
