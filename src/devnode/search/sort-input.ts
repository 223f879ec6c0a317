import type { Point } from '../engine/geo.ts'
import { refuse } from '../http/refusal.ts'
import type { Settings } from '../settings/settings.ts'
import { isOrHolds } from './filter/attributes.ts'

export type SortRequest =
  | { readonly kind: 'field'; readonly field: string; readonly ascending: boolean }
  | { readonly kind: 'geo'; readonly point: Point; readonly ascending: boolean }

const GEO = /^_geoPoint\(\s*([^,()]*?)\s*,\s*([^,()]*?)\s*\)$/

/** Reads one `field:asc`, `field:desc` or `_geoPoint(lat, lng):asc`. */
export function readSort(text: string, code: string): SortRequest {
  const parts = /^(.*):(asc|desc)$/s.exec(text)
  const name = parts?.[1]
  if (name === undefined) {
    throw refuse(
      code,
      `Invalid syntax for the sort parameter: expected expression ending by \`:asc\` or \`:desc\`, found \`${text}\`.`,
    )
  }
  const ascending = parts?.[2] === 'asc'
  if (!name.startsWith('_geo')) return { kind: 'field', field: name, ascending }
  return { kind: 'geo', point: readPoint(name, code), ascending }
}

function readPoint(name: string, code: string): Point {
  for (const reserved of ['_geoDistance', '_geoRadius', '_geoBoundingBox', '_geo']) {
    if (name !== reserved && !name.startsWith(`${reserved}(`)) continue
    throw refuse(
      code,
      `\`${reserved}\` is a reserved keyword and thus can't be used as a sort expression. Use the _geoPoint(latitude, longitude) built-in rule to sort on _geo field coordinates.`,
    )
  }
  const match = GEO.exec(name)
  const lat = Number(match?.[1] || 'x')
  const lng = Number(match?.[2] || 'x')
  if (Number.isNaN(lat) || Number.isNaN(lng)) {
    throw refuse(
      code,
      `Invalid syntax for the geo parameter: expected expression formated like \`_geoPoint(latitude, longitude)\` and ending by \`:asc\` or \`:desc\`, found \`${name}\`.`,
    )
  }
  for (const [angle, limit, word] of [
    [lat, 90, 'latitude'],
    [lng, 180, 'longitude'],
  ] as const) {
    if (Math.abs(angle) <= limit) continue
    const title = word === 'latitude' ? 'Latitude' : 'Longitude'
    const range = `${title} must be contained between -${limit} and ${limit} degrees.`
    throw refuse(code, `Bad ${word} \`${angle}\`. ${range}`)
  }
  return { lat, lng }
}

/** Refuses to sort by what the settings do not allow. */
export function checkSortable(settings: Settings, requests: readonly SortRequest[], code: string): void {
  for (const request of requests) {
    const field = request.kind === 'geo' ? '_geo' : request.field
    if (settings.sortableAttributes.some((name) => name === '*' || isOrHolds(name, field))) continue
    const names = settings.sortableAttributes
    const known =
      names.length === 0
        ? 'This index does not have configured sortable attributes.'
        : `Available sortable attributes are: \`${names.join(', ')}\`.`
    throw refuse(code, `Attribute \`${field}\` is not sortable. ${known}`)
  }
}
