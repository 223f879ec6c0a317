import { fail, type MiroirError } from '../model/errors.ts'
import type { IndexUid } from '../model/ids.ts'

/** What a node takes as a uid, whatever its error text says about lengths. */
const UID = /^[A-Za-z0-9_-]{1,400}$/

/** The error for a uid that names no index. */
export function missingIndex(uid: IndexUid): MiroirError {
  return UID.test(uid) ? fail('index_not_found', { uid }) : fail('invalid_index_uid', { uid })
}
