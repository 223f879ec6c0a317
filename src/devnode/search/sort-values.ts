import type { DevIndex } from '../engine/dev-index.ts'
import { memberText, type StoredDocument } from '../engine/documents.ts'
import { distanceMetres } from '../engine/geo.ts'
import { printDouble } from '../json/canonical.ts'
import { sortValue } from './ranking.ts'
import type { SortRequest } from './sort-input.ts'

/** What a document is sorted by, for a caller that merges lists of several nodes. */
export function printSortValues(
  index: DevIndex,
  document: StoredDocument,
  sorts: readonly SortRequest[],
): string {
  const values = sorts.map((sort) => {
    if (sort.kind === 'geo') {
      const point = index.columns.points()[document.docid]
      const distance =
        point === null || point === undefined
          ? 'null'
          : printDouble(Math.round(distanceMetres(sort.point, point) * 1000) / 1000)
      return `{"geoSort":{"asc":${sort.ascending},"distance":${distance}}}`
    }
    return `{"sort":{"asc":${sort.ascending},"value":${printField(index, document, sort)}}}`
  })
  return `{"weightedScoreValues":[${values.join(',')}]}`
}

function printField(
  index: DevIndex,
  document: StoredDocument,
  { field, ascending }: Extract<SortRequest, { kind: 'field' }>,
): string {
  const value = sortValue(index.columns.get(field)[document.docid], ascending)
  if (typeof value !== 'number') return JSON.stringify(value ?? null)
  // A plain number keeps the spelling of the document, which says whether it is an integer.
  const text = memberText(document, field)
  if (text !== undefined && Number(text) === value) return text
  return Number.isSafeInteger(value) ? String(value) : printDouble(value)
}
