import { describe, expect, test } from 'vitest'
import { parseListing, parseSelection, parseUid } from '../../../src/features/tasks/query.ts'
import { MiroirError } from '../../../src/model/errors.ts'

function refusal(query: string): { code: string; message: string } {
  try {
    parseListing(query)
  } catch (error) {
    if (error instanceof MiroirError) return { code: error.body.code, message: error.body.message }
  }
  throw new Error(`${query} was accepted`)
}

describe('a listing', () => {
  test('has a page of 20 and no filter by default', () => {
    expect(parseListing('')).toEqual({ filter: {}, page: { limit: 20, reverse: false } })
  })

  test('takes every parameter', () => {
    const parameters = [
      'limit=3&from=9&reverse=true&uids=1,2&canceledBy=7&types=INDEXSWAP,settingsupdate&statuses=Failed',
      'indexUids=films,my-index_2&beforeEnqueuedAt=2026-01-02&afterEnqueuedAt=2026-01-02',
      'beforeStartedAt=2026-01-02T03:04:05.5%2B01:00&afterStartedAt=2026-01-02T03:04:05Z',
      'beforeFinishedAt=1970-01-01&afterFinishedAt=1970-01-01',
    ]
    expect(parseListing(parameters.join('&'))).toEqual({
      page: { limit: 3, from: 9, reverse: true },
      filter: {
        uids: [1, 2],
        canceledBy: [7],
        types: ['indexSwap', 'settingsUpdate'],
        statuses: ['failed'],
        indexUids: ['films', 'my-index_2'],
        beforeEnqueuedMs: Date.UTC(2026, 0, 2),
        afterEnqueuedMs: Date.UTC(2026, 0, 3),
        beforeStartedMs: Date.UTC(2026, 0, 2, 2, 4, 5, 500),
        afterStartedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
        beforeFinishedMs: 0,
        afterFinishedMs: 86_400_000,
      },
    })
  })

  test('a star is no filter; values before it are still judged', () => {
    const all = 'uids=*&types=indexSwap,*&statuses=*&indexUids=*&canceledBy=*&batchUids=*&beforeEnqueuedAt=*'
    expect(parseListing(all).filter).toEqual({})
    expect(parseListing('uids=1,*,x').filter).toEqual({})
    expect(refusal('uids=x,*').code).toBe('invalid_task_uids')
  })

  test('batches are tasks that were started', () => {
    const { filter } = parseListing('batchUids=1,2,3&uids=2,3,4')
    expect(filter.uids).toEqual([2, 3])
    expect(filter.afterStartedMs).toBeLessThan(0)
    expect(parseListing('batchUids=5&afterStartedAt=1970-01-01').filter).toEqual({
      uids: [5],
      afterStartedMs: 86_400_000,
    })
  })

  test('types that never occur here are known and match nothing', () => {
    expect(parseListing('types=dumpCreation').filter.types).toEqual([])
    expect(parseListing('types=dumpCreation,indexSwap').filter.types).toEqual(['indexSwap'])
  })

  test('the last value of a repeated parameter counts', () => {
    expect(parseListing('limit=x&limit=2').page.limit).toBe(2)
  })

  test('wrong values get the code of their parameter', () => {
    const codes: readonly (readonly [query: string, code: string])[] = [
      ['limit=-1', 'invalid_task_limit'],
      ['limit=', 'invalid_task_limit'],
      ['from=4294967296', 'invalid_task_from'],
      ['reverse=yes', 'invalid_task_reverse'],
      ['uids=1,,2', 'invalid_task_uids'],
      ['uids=1.5', 'invalid_task_uids'],
      ['batchUids=a', 'invalid_batch_uids'],
      ['canceledBy=a', 'invalid_task_canceled_by'],
      ['types=', 'invalid_task_types'],
      ['statuses=a', 'invalid_task_statuses'],
      ['indexUids=a b', 'invalid_index_uid'],
      ['beforeEnqueuedAt=2026', 'invalid_task_before_enqueued_at'],
      ['afterEnqueuedAt=2026-02-30', 'invalid_task_after_enqueued_at'],
      ['beforeStartedAt=', 'invalid_task_before_started_at'],
      ['afterStartedAt=now', 'invalid_task_after_started_at'],
      ['beforeFinishedAt=2026-01-01T00:00:00', 'invalid_task_before_finished_at'],
      ['afterFinishedAt=2026-01-01T00:00:00+01:00', 'invalid_task_after_finished_at'],
      ['Limit=1', 'bad_request'],
    ]
    for (const [query, code] of codes) expect(refusal(query).code, query).toBe(code)
    expect(refusal('reverse=1').message).toBe(
      'Invalid value in parameter `reverse`: could not parse `1` as a boolean, expected either `true` or `false`',
    )
    expect(refusal('indexUids=a*').message).toMatch(
      /^Invalid value in parameter `indexUids`: `a\*` is not a valid index uid\. Index uid can be/,
    )
  })
})

test('a selection has no page, and must name something', () => {
  expect(parseSelection('uids=*', 'delete')).toEqual({})
  expect(() => parseSelection('limit=1', 'delete')).toThrow(
    /^Unknown parameter `limit`: expected one of `batchUids`/,
  )
  expect(() => parseSelection('', 'cancel')).toThrow(/filter the tasks to cancel are missing/)
})

test('a uid is an unsigned number of 32 bits', () => {
  expect(['0', '+7', '007', '4294967295'].map(parseUid)).toEqual([0, 7, 7, 4_294_967_295])
  expect(['', '-1', '1e3', '4294967296', 'abc', '1 '].map(parseUid)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ])
})
