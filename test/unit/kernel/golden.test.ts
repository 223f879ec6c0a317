import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createInlineKernel } from '../../../src/kernel/inline.ts'
import { isFault, type MergeRequest } from '../../../src/kernel/kernel.ts'
import { kernelModule } from '../../../src/kernel/module.ts'
import { mergeOracle } from './merge-oracle.ts'

/*
 * Recorded answers of three shards, and of one node with all documents, to the same query. Merging the three
 * must give the one node's hits in its order, ties included. Cases that cannot are named one by one.
 */

interface Query {
  readonly offset?: number
  readonly limit?: number
  readonly page?: number
  readonly hitsPerPage?: number
  readonly distinct?: string
  readonly matchingStrategy?: string
}

interface Case {
  readonly query: Query
  readonly single: string
  readonly singleWithDetails: readonly (readonly [id: unknown, details: object])[]
  readonly answers: readonly string[]
}

interface Exception {
  readonly file: string
  readonly case: number
  readonly class: 'frequency' | 'short prefix' | 'derivation cap'
  readonly reason: string
}

type Hit = Record<string, unknown>

const FILES = ['cities-plain', 'movies-plain', 'movies-ranked']
const folder = new URL('../../golden/', import.meta.url)
const exceptions = JSON.parse(
  readFileSync(new URL('exceptions.json', folder), 'utf8'),
) as readonly Exception[]
const kernel = createInlineKernel(await kernelModule())

function load(file: string): { primaryKey: string; cases: readonly Case[] } {
  const lines = gunzipSync(readFileSync(new URL(`${file}.jsonl.gz`, folder)))
    .toString()
    .trim()
    .split('\n')
  const [head = '', ...rest] = lines
  const { primaryKey } = JSON.parse(head) as { primaryKey: string }
  return { primaryKey, cases: rest.map((line) => JSON.parse(line) as Case) }
}

function pageOf({ offset, limit, page, hitsPerPage }: Query): { offset: number; limit: number } {
  if (page === undefined && hitsPerPage === undefined) return { offset: offset ?? 0, limit: limit ?? 20 }
  const size = hitsPerPage ?? 20
  return page === 0 ? { offset: 0, limit: 0 } : { offset: ((page ?? 1) - 1) * size, limit: size }
}

function requestOf({ query, answers }: Case): MergeRequest {
  // which hits a value leaves is known only when all are in order
  const page = query.distinct === undefined ? pageOf(query) : { offset: 0, limit: 1e6 }
  const bytes = answers.map((answer) => Buffer.from(answer))
  return { answers: bytes, member: 'hits', order: 'details', keepDetails: false, ...page }
}

/** The first hit of every value; values are alike as facets are. */
function distinctPage(hits: readonly Hit[], query: Query): Hit[] {
  const { distinct } = query
  if (distinct === undefined) return [...hits]
  const seen = new Set<string>()
  const kept = hits.filter((hit) => {
    const value = hit[distinct]
    if (value === undefined || value === null) return true
    const name = `${typeof value} ${String(value).normalize('NFKD').toLowerCase().trim()}`
    return !seen.has(name) && seen.add(name)
  })
  const { offset, limit } = pageOf(query)
  return kept.slice(offset, offset + limit)
}

/** A hit without what depends on a node's own words: highlights, positions of matches and the score. */
function content(hit: Hit, query: Query): Hit {
  const { _formatted, _matchesPosition, _rankingScore, ...rest } = hit
  if (query.distinct !== undefined) delete rest[query.distinct]
  return rest
}

describe.each(FILES)('golden %s', (file) => {
  const { primaryKey, cases } = load(file)
  const known = new Map(exceptions.filter((entry) => entry.file === file).map((entry) => [entry.case, entry]))

  it('gives the single node’s hits in its order', () => {
    const differing: number[] = []
    for (const [index, recorded] of cases.entries()) {
      const result = kernel.merge(requestOf(recorded))
      if (isFault(result)) throw new Error(`case ${index}: ${result.fault} at ${result.offset}`)
      const merged = JSON.parse(`[${Buffer.from(result.hits)}]`) as Hit[]
      const page = distinctPage(merged, recorded.query)
      const ids = page.map((hit) => hit[primaryKey])
      const expected = recorded.singleWithDetails.map(([id]) => id)
      if (JSON.stringify(ids) !== JSON.stringify(expected)) {
        differing.push(index)
        continue
      }
      const single = (JSON.parse(recorded.single) as { hits: Hit[] }).hits
      expect(
        page.map((hit) => content(hit, recorded.query)),
        `case ${index}`,
      ).toEqual(single.map((hit) => content(hit, recorded.query)))
    }
    expect(differing).toEqual([...known.keys()].sort((left, right) => left - right))
  })

  it('has exceptions only of the classes they name', () => {
    for (const [index, entry] of known) {
      expect(cases[index]?.query.matchingStrategy === 'frequency', `case ${index}`).toBe(
        entry.class === 'frequency',
      )
    }
  })

  it('cuts and orders every answer as the slow twin does', () => {
    for (const [index, recorded] of cases.entries()) {
      for (const keepDetails of [false, true]) {
        const request = { ...requestOf(recorded), keepDetails }
        const result = kernel.merge(request)
        const expected = mergeOracle(request)
        if (isFault(result) || isFault(expected)) throw new Error(`case ${index}`)
        // one long text: a difference is shown by its case alone
        expect(Buffer.from(result.hits).toString() === expected.hits, `case ${index}`).toBe(true)
        expect(result.envelopes.map((envelope) => Buffer.from(envelope).toString())).toEqual(
          expected.envelopes,
        )
        expect([result.count, result.received, result.consumed]).toEqual([
          expected.count,
          expected.received,
          expected.consumed,
        ])
        expect(expected.hits).not.toContain('_miroir_')
      }
    }
  })
})
