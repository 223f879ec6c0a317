import type { Member } from '../json/canonical.ts'

/** One stored document: member texts in the node's spelling, in the order of the index's field numbers. */
export interface StoredDocument {
  /** Internal number: gives the order of ties; a replaced document keeps it. */
  readonly docid: number
  readonly externalId: string
  readonly names: readonly string[]
  readonly values: readonly string[]
}

/** Hears about every change, so that derived structures can follow. */
export interface DocumentWatcher {
  changed(docid: number, before: StoredDocument | undefined, after: StoredDocument | undefined): void
  cleared(): void
}

/** The documents of one index by internal number and by id. */
export class DocumentTable {
  readonly #documents: (StoredDocument | undefined)[] = []
  readonly #docids = new Map<string, number>()
  /** Freed numbers in descending order: a node gives out the lowest first. */
  readonly #free: number[] = []
  readonly #fieldNumbers = new Map<string, number>()
  readonly #shapes = new Map<string, readonly string[]>()
  readonly #watchers: DocumentWatcher[] = []
  readonly fieldCounts = new Map<string, number>()
  /** Characters of all stored members, about what they take on disk. */
  bytes = 0

  get size(): number {
    return this.#docids.size
  }

  /** One more than the largest internal number in use. */
  get end(): number {
    return this.#documents.length
  }

  watch(watcher: DocumentWatcher): void {
    this.#watchers.push(watcher)
  }

  at(docid: number): StoredDocument | undefined {
    return this.#documents[docid]
  }

  get(externalId: string): StoredDocument | undefined {
    const docid = this.#docids.get(externalId)
    return docid === undefined ? undefined : this.#documents[docid]
  }

  /** Names the field numbers in order; they decide in which order members are printed. */
  fieldNames(): string[] {
    return [...this.#fieldNumbers.keys()]
  }

  /** Numbers a field on first sight. */
  learnField(name: string): void {
    if (!this.#fieldNumbers.has(name)) this.#fieldNumbers.set(name, this.#fieldNumbers.size)
  }

  put(externalId: string, members: readonly Member[]): StoredDocument {
    for (const [name] of members) this.learnField(name)
    const before = this.get(externalId)
    const docid = before?.docid ?? this.#free.pop() ?? this.#documents.length
    return this.#place(docid, externalId, members)
  }

  /** Puts a document back under the number it had before a restart. */
  restore(docid: number, externalId: string, members: readonly Member[]): void {
    this.#place(docid, externalId, members)
  }

  /** To be called once after the last `restore`. */
  restored(): void {
    for (let docid = this.#documents.length - 1; docid >= 0; docid--) {
      if (this.#documents[docid] === undefined) this.#free.push(docid)
    }
  }

  delete(externalId: string): StoredDocument | undefined {
    const document = this.get(externalId)
    if (document === undefined) return undefined
    this.#docids.delete(externalId)
    this.#documents[document.docid] = undefined
    this.#release(document.docid)
    this.#count(document, -1)
    for (const watcher of this.#watchers) watcher.changed(document.docid, document, undefined)
    return document
  }

  clear(): void {
    this.#documents.length = 0
    this.#docids.clear()
    this.#free.length = 0
    this.fieldCounts.clear()
    this.bytes = 0
    for (const watcher of this.#watchers) watcher.cleared()
  }

  *all(): Generator<StoredDocument> {
    for (const document of this.#documents) if (document !== undefined) yield document
  }

  #place(docid: number, externalId: string, members: readonly Member[]): StoredDocument {
    const before = this.#documents[docid]
    const ordered = members.toSorted(([left], [right]) => this.#numberOf(left) - this.#numberOf(right))
    const document: StoredDocument = {
      docid,
      externalId,
      names: this.#shape(ordered.map(([name]) => name)),
      values: ordered.map(([, value]) => value),
    }
    while (this.#documents.length < docid) this.#documents.push(undefined)
    this.#documents[docid] = document
    this.#docids.set(externalId, docid)
    if (before !== undefined) this.#count(before, -1)
    this.#count(document, 1)
    for (const watcher of this.#watchers) watcher.changed(docid, before, document)
    return document
  }

  #numberOf(name: string): number {
    return this.#fieldNumbers.get(name) ?? 0
  }

  /** Documents of one shape share one array of names. */
  #shape(names: readonly string[]): readonly string[] {
    const key = names.join('\n')
    const found = this.#shapes.get(key)
    if (found !== undefined) return found
    this.#shapes.set(key, names)
    return names
  }

  #count(document: StoredDocument, step: number): void {
    for (const value of document.values) this.bytes += step * (value.length + 6)
    for (const name of document.names) {
      if (name === '_vectors') continue
      const count = (this.fieldCounts.get(name) ?? 0) + step
      if (count > 0) this.fieldCounts.set(name, count)
      else this.fieldCounts.delete(name)
    }
  }

  #release(docid: number): void {
    let at = this.#free.length
    while (at > 0 && (this.#free[at - 1] ?? 0) < docid) at--
    this.#free.splice(at, 0, docid)
  }
}

/** Prints the members of a document that `keep` accepts, as a JSON object. */
export function printDocument(document: StoredDocument, keep?: (name: string) => boolean): string {
  let text = '{'
  for (let index = 0; index < document.names.length; index++) {
    const name = document.names[index] ?? ''
    if (keep !== undefined && !keep(name)) continue
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${document.values[index]}`
  }
  return `${text}}`
}

/** The stored text of a top-level member, undefined when the document lacks it. */
export function memberText(document: StoredDocument, name: string): string | undefined {
  const index = document.names.indexOf(name)
  return index === -1 ? undefined : document.values[index]
}
