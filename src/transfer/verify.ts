import { text, utf8 } from '../std/bytes.ts'
import { elementsOf, membersOf, memberValue } from '../std/json-members.ts'
import { canonicalDocument, identityOf, sameButRounding } from './compare/canonical.ts'
import { SetDigest } from './compare/digest.ts'
import { canonicalRecord } from './copy.ts'
import { TransferFailure } from './failure.ts'
import type { Progress } from './progress.ts'
import type { Server } from './server/server.ts'
import { countDocuments } from './server/server-source.ts'
import { findIndex } from './server/target.ts'
import { type IndexSource, type Page, readAhead } from './source.ts'

/** Documents of the target asked for at once. */
const FETCHED_MAX = 1_000
/** A copy that cannot be read for a moment looks like missing documents: these are asked for again. */
const LOOKS_MAX = 4
const LOOK_AGAIN_MS = 1_000
/** Identifiers of documents that differ; beyond it they are counted only. */
const DIFFERENT_MAX = 100_000

/** What was found when both sides were read. */
export interface Verdict {
  /** Read from the source. */
  readonly records: number
  readonly targetDocuments: number
  readonly sourceDigest: string
  readonly targetDigest: string
  /**
   * Identifiers of documents that the target has not, or has otherwise; not all of them when there are many.
   */
  readonly different: readonly string[]
  readonly differentCount: number
  /** Documents that are the same but for the last digits of floats; see `sameButRounding`. */
  readonly rounded: number
}

export interface VerifyDeps {
  readonly target: Server
  readonly progress: Progress
  readonly vectors: boolean
}

/**
 * Reads the source once more and, by identifier, the same documents of the target, and compares their
 * canonical texts one by one. A document that a later record of the source replaces is compared with the last
 * one.
 */
export async function verifyDocuments(deps: VerifyDeps, source: IndexSource): Promise<Verdict> {
  const { target, progress } = deps
  const primaryKey = source.primaryKey ?? (await findIndex(target, source.uid))?.primaryKey ?? null
  const state = {
    source: new SetDigest(),
    target: new SetDigest(),
    different: new Set<string>(),
    uncounted: 0,
    rounded: 0,
  }
  let records = 0
  progress.begin(`${source.uid}: comparing`)
  for await (const page of readAhead(source.pages(0))) {
    if (primaryKey === null)
      throw new TransferFailure('failed', `${target.name}: index ${source.uid} has no primary key`)
    for (let start = 0; start < page.records.length; start += FETCHED_MAX) {
      const end = Math.min(page.records.length, start + FETCHED_MAX)
      const wanted = wantedOf(page, { start, end, primaryKey, source })
      const found = await lookUp(deps, source, wanted, primaryKey)
      judge(state, wanted, found)
    }
    records += page.records.length
    const bytes = page.records.reduce((sum, record) => sum + record.length, 0)
    progress.advance({ records: page.records.length, bytes, share: page.share })
  }
  progress.end()
  const targetDocuments = await countDocuments(target, source.uid)
  return {
    ...{ records, targetDocuments },
    ...{ sourceDigest: state.source.text, targetDigest: state.target.text },
    ...{ different: [...state.different], differentCount: state.different.size + state.uncounted },
    rounded: state.rounded,
  }
}

interface Wanted {
  readonly id: string
  readonly canonical: string
}

function wantedOf(
  page: Page,
  part: {
    readonly start: number
    readonly end: number
    readonly primaryKey: string
    readonly source: IndexSource
  },
): Wanted[] {
  const wanted: Wanted[] = []
  for (let at = part.start; at < part.end; at++) {
    const canonical = canonicalRecord(page, at, part.source)
    const id = identityOf(page.records[at] ?? '', part.primaryKey)
    if (id === null) throw new TransferFailure('failed', `${page.place(at)}: has no ${part.primaryKey}`)
    wanted.push({ id, canonical })
  }
  return wanted
}

interface Comparison {
  readonly source: SetDigest
  readonly target: SetDigest
  readonly different: Set<string>
  uncounted: number
  rounded: number
}

function judge(state: Comparison, wanted: readonly Wanted[], found: ReadonlyMap<string, string>): void {
  for (const { id, canonical } of wanted) {
    state.source.add(canonical)
    const other = found.get(id)
    if (other !== undefined) state.target.add(other)
    const equal = other === canonical
    const rounded = !equal && other !== undefined && sameButRounding(canonical, other)
    if (rounded) state.rounded++
    if (equal || rounded) state.different.delete(id)
    else if (state.different.size < DIFFERENT_MAX) state.different.add(id)
    else state.uncounted++
  }
}

/** Canonical texts of the target's documents by identifier; asked for again while some are not there. */
async function lookUp(
  deps: VerifyDeps,
  source: IndexSource,
  wanted: readonly Wanted[],
  primaryKey: string,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let missing = [...new Set(wanted.map(({ id }) => id))]
  for (let look = 1; ; look++) {
    for (const document of await fetchDocuments(deps, source.uid, missing)) {
      const id = identityOf(document, primaryKey)
      if (id !== null)
        found.set(id, canonicalDocument(document, source.comparesVectors ? undefined : '_vectors'))
    }
    missing = missing.filter((id) => !found.has(id))
    if (missing.length === 0 || look === LOOKS_MAX) return found
    await deps.target.pause(LOOK_AGAIN_MS)
  }
}

async function fetchDocuments(
  { target, vectors }: VerifyDeps,
  uid: string,
  ids: string[],
): Promise<string[]> {
  const path = `/indexes/${uid}/documents/fetch`
  const request = { ids, limit: ids.length, ...(vectors ? { retrieveVectors: true } : {}) }
  const ask = { method: 'POST', path, body: utf8(JSON.stringify(request)), action: 'documents.get' } as const
  const { body } = await target.ask(ask)
  return elementsOf(memberValue(membersOf(text(body)), 'results') ?? '[]')
}
