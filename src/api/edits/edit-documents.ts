import type { Features } from '../../features/experimental/experimental.ts'
import type { Call, Reply, Route } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import type { DocumentEdit, Writes } from '../../model/writes.ts'
import { accepted } from '../accepted.ts'
import { requireUid } from '../request/index-uid.ts'
import { requireObject } from '../request/object-body.ts'
import { parametersIn } from '../request/parameters.ts'
import { refusal, unknownName, wrongType } from '../request/refusals.ts'

export interface DocumentEditRouteDeps {
  readonly writes: Writes
  readonly features: Features
}

const FIELDS = ['filter', 'context', 'function']
const DISABLED =
  'Using the documents edit route requires enabling the `edit documents by function` experimental feature. ' +
  'See https://github.com/orgs/meilisearch/discussions/762'

export function documentEditRoutes({ writes, features }: DocumentEditRouteDeps): Route[] {
  return [
    {
      method: 'POST',
      template: '/indexes/{uid}/documents/edit',
      access: { kind: 'action', action: 'documents.*' },
      handler: (call) => edit(writes, features, call),
    },
  ]
}

async function edit(writes: Writes, features: Features, call: Call): Promise<Reply> {
  const metadata = parametersIn(call.query, ['customMetadata']).get('customMetadata') ?? null
  const asked = requireEdit(call)
  if (!features.isOn('editDocumentsByFunction')) throw fail('feature_not_enabled', { message: DISABLED })
  return accepted(await writes.editDocuments(requireUid(call), asked, metadata, call.deadline))
}

/** What only a node can judge, filter, context and the script itself, is judged by one. */
function requireEdit(call: Call): DocumentEdit {
  const members = requireObject(call)
  for (const [name, value] of members) {
    if (!FIELDS.includes(name)) throw unknownName('field', name, FIELDS)
    if (name === 'function' && !value.startsWith('"'))
      throw wrongType('invalid_document_edition_function_filter', '.function', 'a string', value)
  }
  const text = members.get('function')
  if (text === undefined) throw refusal('missing_document_edition_function', 'Missing field `function`')
  const context = members.get('context') ?? 'null'
  return {
    function: JSON.parse(text) as string,
    filter: JSON.parse(members.get('filter') ?? 'null') as unknown,
    context: context === 'null' ? null : context,
  }
}
