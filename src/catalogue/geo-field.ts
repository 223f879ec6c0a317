import { type JsonMember, membersOf, memberValue } from '../std/json-members.ts'
import { quoted } from '../std/json-quote.ts'

/** The field that holds a document's place; nodes check it where it is filterable or sortable. */
export const GEO_FIELD = '_geo'

/** A number in a string, as nodes take it for an angle. */
const NUMBER = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/

/** What a node finds wrong with a document's place, in its words; null for nothing. `value` is JSON. */
export function geoFault(id: string, value: string): string | null {
  if (value === 'null') return null
  const where = `in the document with the id: \`${JSON.stringify(id)}\``
  if (!value.startsWith('{')) {
    const expected = `an object with the \`${GEO_FIELD}.lat\` and \`${GEO_FIELD}.lng\` fields`
    return `The \`${GEO_FIELD}\` field ${where} is not an object. Was expecting ${expected} but instead got \`${quoted(value)}\`.`
  }
  const members = membersOf(value)
  return missingAngle(members, where) ?? foreignMember(members, where) ?? badAngle(members, where)
}

function missingAngle(members: readonly JsonMember[], where: string): string | null {
  const lat = memberValue(members, 'lat')
  const lng = memberValue(members, 'lng')
  if (lat !== undefined && lng !== undefined) return null
  if (lat === undefined && lng === undefined)
    return `Could not find latitude nor longitude ${where}. Was expecting \`${GEO_FIELD}.lat\` and \`${GEO_FIELD}.lng\` fields.`
  const [name, field] = lat === undefined ? ['latitude', 'lat'] : ['longitude', 'lng']
  return `Could not find ${name} ${where}. Was expecting a \`${GEO_FIELD}.${field}\` field.`
}

function foreignMember(members: readonly JsonMember[], where: string): string | null {
  const others = new Map(members.map(({ key, value }) => [key, value]))
  others.delete('lat')
  others.delete('lng')
  if (others.size === 0) return null
  const list = [...others].map(([key, value]) => `${JSON.stringify(key)}:${quoted(value)}`).join(',')
  return `The \`${GEO_FIELD}\` field ${where} contains the following unexpected fields: \`{${list}}\`.`
}

function badAngle(members: readonly JsonMember[], where: string): string | null {
  const lat = memberValue(members, 'lat') ?? 'null'
  const lng = memberValue(members, 'lng') ?? 'null'
  if (isAngle(lat) && isAngle(lng)) return null
  if (!isAngle(lat) && !isAngle(lng))
    return `Could not parse latitude nor longitude ${where}. Was expecting finite numbers but instead got \`${quoted(lat)}\` and \`${quoted(lng)}\`.`
  const [name, value] = isAngle(lat) ? ['longitude', lng] : ['latitude', lat]
  return `Could not parse ${name} ${where}. Was expecting a finite number but instead got \`${quoted(value)}\`.`
}

function isAngle(value: string): boolean {
  const parsed: unknown = JSON.parse(value)
  const text = typeof parsed === 'string' ? parsed : typeof parsed === 'number' ? value : ''
  return NUMBER.test(text) && Number.isFinite(Number(text))
}
