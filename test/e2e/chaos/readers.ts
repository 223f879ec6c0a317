import { comparable } from '../differential/world.ts'
import { type Answer, type Client, pause } from '../processes.ts'
import type { Change, Ledger } from './ledger.ts'
import { book, LIVE, type Sightings, STEADY } from './load.ts'

/* Clients that search all the time and know what they must find. */

const STEADY_SEARCHES = [
  {},
  { q: 'wonder', limit: 50 },
  { q: 'star road', sort: ['number:desc'], limit: 30 },
  { filter: 'class = 2', facets: ['class'], page: 2, hitsPerPage: 9 },
  { q: 'fury', attributesToHighlight: ['text'], offset: 5 },
]
const DOCUMENTS = 120

export async function fillSteady(client: Client): Promise<void> {
  const words = ['wonder', 'star', 'love', 'road', 'fury']
  const settings = { filterableAttributes: ['class'], sortableAttributes: ['number'] }
  const documents = Array.from({ length: DOCUMENTS }, (_, at) => ({
    ...{ id: at, number: at, class: at % 4 },
    text: `${words[at % 5]} ${words[(at * 3) % 5]} ${words[(at >> 2) % 5]}`,
  }))
  await client.json('PATCH', `/indexes/${STEADY}/settings`, settings)
  const { taskUid } = await client.json('POST', `/indexes/${STEADY}/documents?primaryKey=id`, documents)
  const task = await client.task(Number(taskUid))
  if (task['status'] !== 'succeeded') throw new Error(JSON.stringify(task))
}

export type Expected = readonly string[]

export async function expectedOf(client: Client): Promise<Expected> {
  return Promise.all(STEADY_SEARCHES.map(async (_, at) => comparable(await searchSteady(client, at))))
}

function searchSteady(client: Client, at: number): Promise<Answer> {
  const body = JSON.stringify(STEADY_SEARCHES[at])
  return client.call('POST', `/indexes/${STEADY}/search`, { body, timeoutMs: 30_000 })
}

export interface Readers {
  readonly client: Client
  readonly seen: Sightings
  readonly goesOn: () => boolean
  /** The endpoint itself may be away: broken connections count for nothing. */
  readonly mayBeAway: boolean
}

/** Nothing changes in this index: every answer is the expected one, or says that it lacks something. */
export async function searchAlways(to: Readers, expected: Expected): Promise<void> {
  for (let step = 0; to.goesOn(); step++) {
    const at = step % STEADY_SEARCHES.length
    const answer = await take(to, () => searchSteady(to.client, at))
    if (answer !== null && comparable(answer) !== expected[at])
      to.seen.wrongSearches.push(`${JSON.stringify(STEADY_SEARCHES[at])}: ${answer.text.slice(0, 300)}`)
    await pause(answer === null ? 50 : 3)
  }
}

/** Null when it says of itself that it is not whole, or failed. */
async function take(to: Readers, ask: () => Promise<Answer>): Promise<Answer | null> {
  let answer: Answer
  try {
    answer = await ask()
  } catch (error) {
    if (!to.mayBeAway) to.seen.failedSearches.push(String(error))
    return null
  }
  to.seen.searches++
  if (answer.status !== 200) {
    if (!to.mayBeAway) to.seen.failedSearches.push(`${answer.status} ${answer.text}`)
    return null
  }
  if (!answer.headers.has('x-miroir-degraded')) return answer
  to.seen.degradedSearches++
  return null
}

/** Writes a number, waits until its task has succeeded, and must find it then, whoever answers. */
export async function witness(to: Readers & { readonly ledger: Ledger }, name: string): Promise<void> {
  const { client, ledger, seen } = to
  const path = `/indexes/${LIVE}/documents`
  for (let count = 0; to.goesOn(); count++) {
    const document = { id: name, owner: name, count }
    const change: Change = (all) => void all.set(name, document)
    const before = ledger.tasks.length
    const known = await book(client, ledger, seen, { method: 'POST', path, body: [document], change })
    if (!known) return
    const taskUid = ledger.tasks[before]
    if (taskUid === undefined) continue
    const task = await client.task(taskUid).catch(() => null)
    if (task?.['status'] !== 'succeeded') continue
    const body = JSON.stringify({ filter: `owner = "${name}"` })
    const ask = (): Promise<Answer> => client.call('POST', `/indexes/${LIVE}/search`, { body })
    for (let look = 0; look < 3; look++) {
      const answer = await take(to, ask)
      const hits = answer === null ? null : (JSON.parse(answer.text) as { hits: { count?: number }[] }).hits
      if (hits !== null && (hits.length !== 1 || hits[0]?.count !== count))
        seen.wrongSearches.push(`${name} ${count} of task ${taskUid}: ${answer?.text}`)
    }
  }
}
