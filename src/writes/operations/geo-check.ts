import { GEO_FIELD, geoFault } from '../../catalogue/geo-field.ts'
import { ROW, type SplitResult } from '../../kernel/kernel.ts'
import { type ErrorBody, errorBody } from '../../model/errors.ts'
import type { DocumentWrite } from '../../model/writes.ts'
import { text } from '../../std/bytes.ts'
import { membersOf, memberValue } from '../../std/json-members.ts'

const QUOTED_FIELD = Buffer.from(`"${GEO_FIELD}"`)

/**
 * The first bad place among documents, as a node tells it in the task: on shards, only the part with that
 * document would fail. Of several documents with one id only what is left at the end counts, as on a node.
 */
export function checkPlaces(write: DocumentWrite, split: SplitResult): ErrorBody | null {
  const { body, uid, mode } = write
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (!bytes.includes(QUOTED_FIELD)) return null
  const faults = new Map<string, string>()
  for (let row = 0; row < split.documents; row++) {
    const at = row * ROW.stride
    const document = bytes.subarray(split.rows[at + ROW.start], split.rows[at + ROW.end])
    const value = document.includes(QUOTED_FIELD)
      ? memberValue(membersOf(text(document)), GEO_FIELD)
      : undefined
    if (faults.size === 0 && value === undefined) continue
    const id = idOf(text(bytes.subarray(split.rows[at + ROW.keyStart], split.rows[at + ROW.keyEnd])))
    if (value !== undefined || mode === 'replace') faults.delete(id)
    const fault = value === undefined ? null : geoFault(id, value)
    if (fault !== null) faults.set(id, fault)
  }
  const [first] = faults.values()
  return first === undefined
    ? null
    : errorBody('invalid_document_geo_field', { message: `Index \`${uid}\`: ${first}` })
}

function idOf(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token
}
