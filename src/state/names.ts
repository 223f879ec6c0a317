import { createHash } from 'node:crypto'
import type { IndexUid } from '../model/ids.ts'

/** What a node accepts as an index uid, in bytes; its error text says 512. */
const PHYSICAL_NAME_BYTES_MAX = 400

/**
 * Name of a generation on a node: `{uid}__g{generation}_{fence}`, or `{sha256 of uid}__h{generation}_{fence}`
 * where that is too long. The letters differ so that no short uid can be made to collide with a hashed one.
 */
export function physicalName(uid: IndexUid, generation: number, fence: number): string {
  const plain = `${uid}__g${generation}_${fence}`
  if (Buffer.byteLength(plain) <= PHYSICAL_NAME_BYTES_MAX) return plain
  return `${createHash('sha256').update(uid).digest('hex')}__h${generation}_${fence}`
}
