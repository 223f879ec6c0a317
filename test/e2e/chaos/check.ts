import { splitDocuments } from '../../../src/devnode/json/documents.ts'
import { membersOf } from '../../../src/std/json-members.ts'
import { type Client, pause } from '../processes.ts'
import { canonical, type Document, type EndedTask, type Verdict } from './ledger.ts'
import type { ChaosWorld } from './world.ts'

const POLLS_MAX = 1_200

/** Every task up to the last one, once all have ended. */
export async function endedTasks(client: Client, uids: readonly number[]): Promise<Map<number, EndedTask>> {
  const ended = new Map<number, EndedTask>()
  let open = [...new Set(uids)]
  for (let poll = 0; poll < POLLS_MAX && open.length > 0; poll++) {
    for (let from = 0; from < open.length; from += 200) {
      const part = open.slice(from, from + 200)
      const query = `/tasks?limit=200&statuses=succeeded,failed,canceled&uids=${part.join(',')}`
      const { results } = (await client.json('GET', query)) as { results: (EndedTask & { uid: number })[] }
      for (const task of results) ended.set(task.uid, task)
    }
    open = open.filter((uid) => !ended.has(uid))
    if (open.length > 0) await pause(50)
  }
  if (open.length > 0) throw new Error(`tasks that never ended: ${open.slice(0, 20)}`)
  return ended
}

/** What is wrong with the copies of an index: empty when all are equal and hold just what they may. */
export async function complaintsOf(
  world: ChaosWorld,
  uid: string,
  verdicts: readonly Verdict[],
): Promise<string[]> {
  const complaints = verdicts.flatMap((verdict) => verdict.complaints)
  const allowed = new Map(verdicts.flatMap((verdict) => [...verdict.allowed]))
  const stored = new Map<string, string>()
  for (const [shard, copies] of await world.copies(uid)) {
    const [first, ...others] = [...copies]
    if (first === undefined) continue
    const wanted = documentsOf(first[1])
    for (const [node, text] of others) {
      const found = documentsOf(text)
      if (found.join() !== wanted.join())
        complaints.push(`shard ${shard}: ${node} and ${first[0]} differ: ${apart(found, wanted)}`)
    }
    for (const document of JSON.parse(first[1]) as Document[]) stored.set(document.id, canonical(document))
  }
  for (const [id, form] of stored) {
    const forms = allowed.get(id)
    if (forms === undefined || forms.every((one) => one === null)) complaints.push(`risen: ${form}`)
    else if (!forms.includes(form)) complaints.push(`different: ${form} instead of ${forms.join(' or ')}`)
  }
  for (const [id, forms] of allowed) {
    if (!stored.has(id) && !forms.includes(null)) complaints.push(`lost: ${id} ${forms.join(' or ')}`)
  }
  return complaints
}

/** Documents byte for byte, but for the order of members: that of fields as each node first met them. */
function documentsOf(list: string): string[] {
  return splitDocuments(list, 'json').map((document) => {
    const members = membersOf(document).map(({ key, value }) => `${JSON.stringify(key)}:${value}`)
    return `{${members.sort().join(',')}}`
  })
}

/** The documents that only one of two copies has in that form. */
function apart(one: readonly string[], other: readonly string[]): string {
  const only = (forms: readonly string[], rest: readonly string[]): string => {
    const known = new Set(rest)
    return forms
      .filter((form) => !known.has(form))
      .slice(0, 3)
      .join(' ')
  }
  return `${only(one, other)} / ${only(other, one)}`
}
