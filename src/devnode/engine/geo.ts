import { refuse } from '../http/refusal.ts'
import { quoteJson } from '../http/shape.ts'
import { parseValue } from '../json/pick.ts'
import { memberText, type StoredDocument } from './documents.ts'

export interface Point {
  readonly lat: number
  readonly lng: number
}

const EARTH_RADIUS_M = 6371000

/** Great-circle distance in metres. */
export function distanceMetres(from: Point, to: Point): number {
  const radians = Math.PI / 180
  const halfLat = ((to.lat - from.lat) * radians) / 2
  const halfLng = ((to.lng - from.lng) * radians) / 2
  const sinLat = Math.sin(halfLat)
  const sinLng = Math.sin(halfLng)
  const chord = sinLat * sinLat + sinLng * sinLng * Math.cos(from.lat * radians) * Math.cos(to.lat * radians)
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/**
 * The position of a document, null without one; throws the node's error for a value that is not a position.
 */
export function readGeo(document: StoredDocument): Point | null {
  const text = memberText(document, '_geo')
  if (text === undefined || text === 'null') return null
  const id = JSON.stringify(document.externalId)
  const value = parseValue(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw geoError(
      `The \`_geo\` field in the document with the id: \`${id}\` is not an object. Was expecting an object with the \`_geo.lat\` and \`_geo.lng\` fields but instead got \`${quoteJson(value)}\`.`,
    )
  }
  const { lat, lng, ...others } = value as { [name: string]: unknown }
  if (lat === undefined || lng === undefined) {
    const missing =
      lat === undefined && lng === undefined
        ? 'latitude nor longitude'
        : lat === undefined
          ? 'latitude'
          : 'longitude'
    const word = missing.includes('nor') ? 'neither ' : ''
    throw geoError(
      `Could not find ${word}${missing} in the document with the id: \`${id}\`. Was expecting \`_geo.lat\` and \`_geo.lng\` fields.`,
    )
  }
  if (Object.keys(others).length > 0) {
    throw geoError(
      `The \`_geo\` field in the document with the id: \`${id}\` contains the following unexpected fields: \`${JSON.stringify(others)}\`.`,
    )
  }
  return { lat: readAngle(lat, 'latitude', id), lng: readAngle(lng, 'longitude', id) }
}

function readAngle(value: unknown, name: string, id: string): number {
  const angle = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof angle === 'number' && Number.isFinite(angle)) return angle
  throw geoError(
    `Could not parse ${name} in the document with the id: \`${id}\`. Was expecting a finite number but instead got \`${quoteJson(value)}\`.`,
  )
}

const geoError = (message: string) => refuse('invalid_document_geo_field', message)

/** Like `readGeo`, for documents that were checked or whose index does not use positions. */
export function geoOrNull(document: StoredDocument): Point | null {
  try {
    return readGeo(document)
  } catch {
    return null
  }
}
