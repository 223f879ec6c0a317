/* Documents and queries of the amplification bench: the same ones in every run. */

export const INDEX = 'miroir-bench-amplification'
export const SETTINGS = {
  filterableAttributes: ['id', 'category', 'brand'],
  sortableAttributes: ['price'],
  faceting: { maxValuesPerFacet: 5, sortFacetValuesBy: { brand: 'count' } },
}

const WORDS = ['amber', 'basin', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath', 'inlet', 'jetty']
const CATEGORIES = 12
const BRANDS = 60
const DEEP = 500

/** Between 0 and 1, spread evenly, without any pattern that filters or pages could meet. */
function spread(id: number, at: number): number {
  return ((id + 1) * 0.618_033_988_7 + (at + 1) * (id + 3) * 0.754_877_666) % 1
}

const word = (id: number, at: number): string => WORDS[Math.floor(spread(id, at) * WORDS.length)] ?? ''

/** A JSON array of documents with the ids from `first` on, each about `size` bytes long. */
export function batchOf(first: number, count: number, size: number): string {
  const documents = Array.from({ length: count }, (_, at) => {
    const id = first + at
    // Some brands are much more frequent than others, as in real catalogues.
    const brand = `brand ${Math.floor(BRANDS * spread(id, 99) ** 2)}`
    const head = {
      id,
      title: `${word(id, 0)} ${word(id, 1)}`,
      category: `category ${id % CATEGORIES}`,
      brand,
    }
    const document = { ...head, price: (id * 37) % 1_000, text: '' }
    const missing = Math.max(0, size - JSON.stringify(document).length)
    const text = Array.from({ length: Math.ceil(missing / 6) }, (_word, place) => word(id, place + 2)).join(
      ' ',
    )
    return { ...document, text: text.slice(0, missing) }
  })
  return JSON.stringify(documents)
}

export interface Query {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

function search(name: string, body: object): Query {
  return { name, method: 'POST', path: `/indexes/${INDEX}/search`, body: JSON.stringify(body) }
}

/** One query for each kind of plan. */
export function queries(documents: number): Query[] {
  const offset = Math.min(DEEP, Math.floor(documents / 2))
  const document = { method: 'GET', path: `/indexes/${INDEX}/documents/7` } as const
  return [
    search('search', { q: 'amber' }),
    search('filtered search', { q: 'amber', filter: 'category = "category 3"' }),
    search('sorted search', { q: '', sort: ['price:asc'] }),
    search('facets by name', { q: '', facets: ['category'] }),
    search('facets by count', { q: '', facets: ['brand'] }),
    search('distinct', { q: 'amber', distinct: 'category' }),
    search('deep page', { q: '', offset }),
    search('filter by primary key', { q: '', filter: 'id = 7' }),
    { name: 'one document', ...document },
  ]
}
