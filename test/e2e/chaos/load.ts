import { seededRandom } from '../../../src/std/random.ts'
import { Dice } from '../differential/data.ts'
import { type Answer, type Client, pause } from '../processes.ts'
import { type Change, type Document, Ledger } from './ledger.ts'

/* Clients that write, search and look whether what they were told is true. */

export const LIVE = 'live'
export const EMPTIED = 'emptied'
export const STEADY = 'steady'
export const INDEXES = [LIVE, EMPTIED, STEADY] as const

const IDS = 40

interface Write {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly change: Change
}

/** What was seen by all clients. */
export interface Sightings {
  writes: number
  /** 202 with `X-Miroir-Degraded`. */
  degradedWrites: number
  /** Refused before anything happened: 503 without a task. */
  refusedWrites: number
  unconfirmedWrites: number
  cutOffWrites: number
  searches: number
  degradedSearches: number
  readonly failedSearches: string[]
  readonly wrongSearches: string[]
  readonly oddWrites: string[]
}

export function newSightings(): Sightings {
  return {
    ...{ writes: 0, degradedWrites: 0, refusedWrites: 0, unconfirmedWrites: 0, cutOffWrites: 0 },
    ...{ searches: 0, degradedSearches: 0, failedSearches: [], wrongSearches: [], oddWrites: [] },
  }
}

/** Sends a write and books what came of it; false when nobody knows. */
export async function book(client: Client, ledger: Ledger, seen: Sightings, write: Write): Promise<boolean> {
  const { method, path, body, change } = write
  const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}`
  const options = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await client.call(method, path, { ...options, timeoutMs: 40_000 }).catch(() => null)
  if (answer === null) {
    seen.cutOffWrites++
    ledger.cutOff(what, change)
    return false
  }
  bookAnswer({ ledger, seen, what, change }, answer)
  return true
}

function bookAnswer(
  to: { ledger: Ledger; seen: Sightings; what: string; change: Change },
  { status, text, headers }: Answer,
): void {
  const { ledger, seen, what, change } = to
  const named = /Task (\d+)/.exec(text)?.[1]
  if (status === 202) {
    seen.writes++
    if (headers.has('x-miroir-degraded')) seen.degradedWrites++
    ledger.told((JSON.parse(text) as { taskUid: number }).taskUid, what, change)
  } else if (status === 503 && text.includes('miroir_write_unconfirmed') && named !== undefined) {
    seen.unconfirmedWrites++
    ledger.told(Number(named), what, change, false)
  } else if (status === 503) seen.refusedWrites++
  else seen.oddWrites.push(`${what}: ${status} ${text}`)
}

/** One client with documents of its own; when it is cut off it goes on with fresh ones. */
export class Writer {
  readonly ledger = new Ledger()
  readonly #client: Client
  readonly #seen: Sightings
  readonly #name: string
  readonly #dice: Dice
  #epoch = 0
  #step = 0

  constructor(client: Client, seen: Sightings, name: string, seed: number) {
    this.#client = client
    this.#seen = seen
    this.#name = name
    this.#dice = new Dice(seededRandom(seed))
  }

  async run(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      this.#step++
      const known = await book(this.#client, this.ledger, this.#seen, this.#next())
      if (!known) {
        this.#epoch++
        await pause(100)
      }
      await pause(this.#dice.below(8))
    }
  }

  get #owner(): string {
    return `${this.#name}e${this.#epoch}`
  }

  #next(): Write {
    const dice = this.#dice
    const documents = `/indexes/${LIVE}/documents`
    const ids = [
      ...new Set(
        dice.some(
          Array.from({ length: IDS }, (_, at) => at),
          5,
        ),
      ),
    ]
      .concat(dice.below(IDS))
      .map((at) => `${this.#owner}d${at}`)
    const kind = dice.below(20)
    if (kind < 8) return this.#replace(documents, [...new Set(ids)])
    if (kind < 13) return this.#update(documents, [...new Set(ids)])
    if (kind < 15) {
      const [id = ''] = ids
      return { method: 'DELETE', path: `${documents}/${id}`, change: (all) => void all.delete(id) }
    }
    if (kind < 18) {
      const change: Change = (all) => ids.forEach((id) => void all.delete(id))
      return { method: 'POST', path: `${documents}/delete-batch`, body: ids, change }
    }
    return this.#deleteByFilter(documents)
  }

  #replace(path: string, ids: readonly string[]): Write {
    const body = ids.map((id) => this.#document(id))
    return {
      ...{ method: 'POST', path: `${path}?primaryKey=id`, body },
      change: (all) => body.forEach((document) => void all.set(document.id, document)),
    }
  }

  #document(id: string): Document {
    const dice = this.#dice
    const text = dice.some(['wonder', 'star', 'love', 'road', 'fury'], 4).join(' ')
    return {
      id,
      owner: this.#owner,
      class: dice.below(4),
      step: this.#step,
      text,
      list: dice.some(['a', 'b', null], 3),
    }
  }

  #update(path: string, ids: readonly string[]): Write {
    const field = `field${this.#dice.below(3)}`
    const body = ids.map((id) => ({ id, owner: this.#owner, [field]: this.#step }))
    return {
      ...{ method: 'PUT', path: `${path}?primaryKey=id`, body },
      change: (all) => body.forEach((part) => void all.set(part.id, { ...all.get(part.id), ...part })),
    }
  }

  #deleteByFilter(path: string): Write {
    const owner = this.#owner
    const wanted = this.#dice.below(4)
    return {
      ...{ method: 'POST', path: `${path}/delete` },
      body: { filter: `owner = "${owner}" AND class = ${wanted}` },
      change(all) {
        for (const [id, document] of [...all])
          if (document['owner'] === owner && document['class'] === wanted) all.delete(id)
      },
    }
  }
}

/** Fills an index and clears it, again and again. */
export async function emptyAndFill(
  to: { client: Client; ledger: Ledger; seen: Sightings; goesOn: () => boolean },
  round: number,
): Promise<void> {
  const path = `/indexes/${EMPTIED}/documents`
  for (let step = 0; to.goesOn(); step++) {
    if (step % 5 === 4) {
      const change: Change = (all) => all.clear()
      if (!(await book(to.client, to.ledger, to.seen, { method: 'DELETE', path, change }))) return
    } else {
      const body = Array.from({ length: 6 }, (_, at) => ({ id: `r${round}s${step % 3}d${at}`, step }))
      const change: Change = (all) => body.forEach((document) => void all.set(document.id, document))
      const write = { method: 'POST', path: `${path}?primaryKey=id`, body, change }
      if (!(await book(to.client, to.ledger, to.seen, write))) return
    }
    await pause(25)
  }
}

const CHANGES = [
  { stopWords: ['the'] },
  { stopWords: null },
  { sortableAttributes: ['step', 'class'] },
  { sortableAttributes: ['step'] },
  { synonyms: { star: ['sun'] } },
  { synonyms: null },
]

/** Changes the settings of an index that is written. */
export async function changeSettings(to: {
  client: Client
  ledger: Ledger
  seen: Sightings
  goesOn: () => boolean
}): Promise<void> {
  for (let step = 0; to.goesOn(); step++) {
    const body = CHANGES[step % CHANGES.length]
    await book(to.client, to.ledger, to.seen, {
      ...{ method: 'PATCH', path: `/indexes/${LIVE}/settings`, body },
      change: () => undefined,
    })
    await pause(400)
  }
}
