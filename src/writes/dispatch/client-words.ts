import { physicalName } from '../../catalogue/names.ts'
import { ownRulesFirst } from '../../catalogue/own-attributes.ts'
import { scrubError } from '../../catalogue/scrub.ts'
import type { ErrorBody } from '../../model/errors.ts'
import { unwrappedWords } from '../operations/edit-function.ts'
import type { Operation } from '../run.ts'

/** A node's error as the client may see it: its index name, none of our fields. */
export function clientError({ run, row }: Operation, error: ErrorBody): ErrorBody {
  const { uid, generation } = run.row
  const uidOf = (physical: string): string | undefined => {
    for (const { fence } of run.names.values()) {
      // Names before the last fence occur in errors of tasks that were older than it.
      for (let past = fence; past >= 0; past--)
        if (physicalName(uid, generation, past) === physical) return uid
    }
    return undefined
  }
  // Refused settings are numbered as the client wrote them.
  const numbered = row.kind !== 'settings' && ownRulesFirst(run.facts.filterableAttributes)
  const own = row.kind === 'edit' ? { ...error, message: unwrappedWords(error.message) } : error
  return scrubError(own, uidOf, { ownRulesFirst: numbered })
}
