import { createHash } from 'node:crypto'

/** Longest index uid a node accepts, in bytes. (Its error text speaks of 512.) */
const UID_BYTES_MAX = 400
/** Room kept for a suffix: 3 letters, an underscore and two integers of up to 16 digits each. */
const SUFFIX_BYTES_MAX = 2 + 1 + 16 + 1 + 16

const UID = /^[A-Za-z0-9_-]+$/
const PHYSICAL = /^[A-Za-z0-9_-]+__[gh](?:0|[1-9][0-9]*)_(?:0|[1-9][0-9]*)$/

/** True when a node would accept the text as the uid of an index. */
export function validIndexUid(uid: string): boolean {
  return uid.length <= UID_BYTES_MAX && UID.test(uid)
}

/**
 * Name of a generation of an index on one node; `fence` counts the renames there.
 *
 * No two (uid, generation, fence) share a name: what follows the last `__g` or `__h` is digits only, so a
 * name reads back in one way, and uids that look like names themselves only get a longer one (`a__g1_0` →
 * `a__g1_0__g1_0`). Long uids are hashed and marked `__h`, so that a client cannot reach such a name by
 * calling an index like the hash.
 */
export function physicalName(uid: string, generation: number, fence: number): string {
  if (uid.length + SUFFIX_BYTES_MAX <= UID_BYTES_MAX) return `${uid}__g${generation}_${fence}`
  const hash = createHash('sha256').update(uid).digest('hex')
  return `${hash}__h${generation}_${fence}`
}

/**
 * True for texts that `physicalName` may have made. A client's uid can look like that too: ask the catalogue.
 */
export function isPhysicalName(text: string): boolean {
  return text.length <= UID_BYTES_MAX && PHYSICAL.test(text)
}
