import { validIndexUid } from '../../catalogue/names.ts'
import type { Call } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import type { IndexView, Views } from '../../model/view.ts'

/** The uid in the path. Throws where no index can be called that. */
export function requireUid(call: Call): string {
  const uid = call.params['uid'] ?? ''
  if (!validIndexUid(uid)) throw fail('invalid_index_uid', { uid })
  return uid
}

export function requireIndex(views: Views, call: Call): IndexView {
  const uid = requireUid(call)
  const index = views.current().indexes.get(uid)
  if (index === undefined) throw fail('index_not_found', { uid })
  return index
}
