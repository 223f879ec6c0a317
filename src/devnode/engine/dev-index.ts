import { TextIndex } from '../search/text/text-index.ts'
import { Tokenizer } from '../search/text/tokenizer.ts'
import { DEFAULT_SETTINGS, type Settings } from '../settings/settings.ts'
import { ColumnStore } from './columns.ts'
import { DocumentTable } from './documents.ts'
import { readGeo } from './geo.ts'

/** One index with everything derived from its documents. */
export class DevIndex {
  /** Stable while the uid changes by renames and swaps. */
  readonly key: number
  uid: string
  primaryKey: string | null = null
  readonly createdMs: number
  updatedMs: number
  readonly table = new DocumentTable()
  readonly columns = new ColumnStore(this.table)
  #settings: Settings = DEFAULT_SETTINGS
  #text: TextIndex | null = null
  #tokenizer: Tokenizer | null = null

  constructor(key: number, uid: string, createdMs: number) {
    this.key = key
    this.uid = uid
    this.createdMs = createdMs
    this.updatedMs = createdMs
    this.table.watch({
      changed: (docid, before, after) => this.#text?.changed(docid, before, after),
      cleared: () => {
        this.#text = null
      },
    })
  }

  get settings(): Settings {
    return this.#settings
  }

  set settings(settings: Settings) {
    this.#settings = settings
    this.#text = null
    this.#tokenizer = null
    this.columns.forget()
  }

  get tokenizer(): Tokenizer {
    this.#tokenizer ??= new Tokenizer(this.#settings)
    return this.#tokenizer
  }

  /** The words of all documents; made on the first search with words, then kept up to date. */
  get text(): TextIndex {
    if (this.#text === null) {
      this.#text = new TextIndex(this.#settings, this.tokenizer)
      for (const document of this.table.all()) this.#text.changed(document.docid, undefined, document)
    }
    return this.#text
  }

  /** True when `_geo` values have to be valid. */
  get usesGeo(): boolean {
    const { filterableAttributes, sortableAttributes } = this.#settings
    const names = filterableAttributes.flatMap((rule) =>
      typeof rule === 'string' ? [rule] : rule.attributePatterns,
    )
    return names.includes('_geo') || sortableAttributes.includes('_geo')
  }

  /** Refuses the first stored document whose `_geo` the given settings could not use. */
  checkGeo(): void {
    if (!this.usesGeo) return
    for (const document of this.table.all()) readGeo(document)
  }
}
