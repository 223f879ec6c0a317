/* What clients did and were told, and what may therefore be stored at the end. */

export type Document = { readonly id: string; readonly [field: string]: unknown }
export type Documents = Map<string, Document>
export type Change = (documents: Documents) => void

interface Entry {
  /** Null: nobody knows whether it happened, the client was cut off. */
  readonly taskUid: number | null
  readonly confirmed: boolean
  readonly what: string
  readonly change: Change
}

export interface Verdict {
  /** Every document that must be there, with the forms it may have; null stands for "not there". */
  readonly allowed: ReadonlyMap<string, readonly (string | null)[]>
  readonly complaints: readonly string[]
}

export interface EndedTask {
  readonly status: string
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The writes of one client to documents that no other client touches, in order. */
export class Ledger {
  readonly #entries: Entry[] = []

  /** The client got a 202, or, `confirmed` false, a 503 that names the task. */
  told(taskUid: number, what: string, change: Change, confirmed = true): void {
    this.#entries.push({ taskUid, confirmed, what, change })
  }

  /** The connection broke, or the answer did not say. The client must not touch these documents again. */
  cutOff(what: string, change: Change): void {
    this.#entries.push({ taskUid: null, confirmed: false, what, change })
  }

  get tasks(): number[] {
    return this.#entries.flatMap((entry) => (entry.taskUid === null ? [] : [entry.taskUid]))
  }

  fold(tasks: ReadonlyMap<number, EndedTask>): Verdict {
    const documents: Documents = new Map()
    const others = new Map<string, Set<string | null>>()
    const complaints: string[] = []
    for (const entry of this.#entries) {
      const task = entry.taskUid === null ? null : tasks.get(entry.taskUid)
      const partial = task?.error?.code === 'miroir_partial'
      if (task?.status === 'succeeded') entry.change(documents)
      else if (task === null || (partial && !entry.confirmed)) either(documents, entry.change, others)
      else if (entry.confirmed)
        complaints.push(`${entry.what}: task ${entry.taskUid} ${task?.status}: ${task?.error?.message}`)
    }
    const allowed = new Map<string, (string | null)[]>()
    for (const [id, document] of documents) allowed.set(id, [canonical(document)])
    for (const [id, forms] of others)
      allowed.set(id, [...new Set([...(allowed.get(id) ?? [null]), ...forms])])
    return { allowed, complaints }
  }
}

/** Notes what each document was and would be, and leaves it as it was. */
function either(documents: Documents, change: Change, others: Map<string, Set<string | null>>): void {
  const after = new Map(documents)
  change(after)
  for (const id of new Set([...documents.keys(), ...after.keys()])) {
    const [before, then] = [formOf(documents.get(id)), formOf(after.get(id))]
    if (before === then) continue
    others.set(id, (others.get(id) ?? new Set()).add(before).add(then))
  }
}

function formOf(document: Document | undefined): string | null {
  return document === undefined ? null : canonical(document)
}

/** A document as text without our fields, members in one order. */
export function canonical(document: Document): string {
  const members = Object.entries(document).filter(([name]) => !name.startsWith('_miroir_'))
  return JSON.stringify(Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1))))
}
