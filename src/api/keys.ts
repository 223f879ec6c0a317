import type { Keys, KeyView } from '../features/keys/keys.ts'
import type { Handler, Route } from '../model/call.ts'
import { json } from '../model/call.ts'
import { fail } from '../model/errors.ts'

export interface KeyRouteDeps {
  readonly keys: Pick<Keys, 'views'>
}

const LIMIT_DEFAULT = 20
const INTEGER = /^\+?\d{1,15}$/

/** The default keys, to be read; making and changing keys is not supported yet. */
export function keyRoutes({ keys }: KeyRouteDeps): Route[] {
  const route = (method: string, template: string, verb: string, handler: Handler): Route => ({
    method,
    template,
    access: { kind: 'action', action: `keys.${verb}` },
    handler,
  })
  const unsupported: Handler = () => {
    throw fail('miroir_unsupported', { feature: 'Creating, changing and deleting API keys' })
  }
  return [
    route('GET', '/keys', 'get', (call) => json(200, listing(keys.views, call.query))),
    route('GET', '/keys/{key}', 'get', (call) => json(200, keyOf(keys.views, call.params['key'] ?? ''))),
    route('POST', '/keys', 'create', unsupported),
    route('PATCH', '/keys/{key}', 'update', unsupported),
    route('DELETE', '/keys/{key}', 'delete', unsupported),
  ]
}

function listing(views: readonly KeyView[], query: string) {
  const parameters = new Map(new URLSearchParams(query))
  for (const name of parameters.keys()) {
    if (name !== 'offset' && name !== 'limit')
      throw fail('bad_request', {
        message: `Unknown parameter \`${name}\`: expected one of \`offset\`, \`limit\``,
      })
  }
  const offset = integer('offset', parameters.get('offset') ?? '0')
  const limit = integer('limit', parameters.get('limit') ?? String(LIMIT_DEFAULT))
  return { results: views.slice(offset, offset + limit), offset, limit, total: views.length }
}

function integer(name: 'offset' | 'limit', text: string): number {
  if (INTEGER.test(text)) return Number(text)
  throw fail(`invalid_api_key_${name}`, {
    message: `Invalid value in parameter \`${name}\`: could not parse \`${text}\` as a positive integer`,
  })
}

/** By value, or by uid in any case. */
function keyOf(views: readonly KeyView[], text: string): KeyView {
  const found = views.find(({ key, uid }) => key === text || uid === text.toLowerCase())
  if (found === undefined) throw fail('api_key_not_found', { key: text })
  return found
}
