import { isObject, parsedJson } from '../std/json-values.ts'

/*
 * Nodes run with the flag `network`, which we set for ourselves. To clients it is off: what it would allow
 * them is refused as by a node without it.
 */

const OFF =
  'requires enabling the `network` experimental feature. See https://github.com/orgs/meilisearch/discussions/805'

export const NETWORK_OFF = `passing \`useNetwork\` in a search query ${OFF}`

/** What a node with the flag finds wrong with a filter by `_shard`, of which it has none. */
const SHARD_FILTER =
  /^(?:Index `[^`]*`: )?(?:Shard `.*` does not exist$|Filter operator `.* the special attribute `_shard`)/s

interface ErrorText {
  readonly message: string
  readonly [member: string]: unknown
}

/** An error as a node without the flag puts it. `request` is the client's body, or null. */
export function maskShardFilter<Text extends ErrorText>(error: Text, request: string | null): ErrorText {
  if (!SHARD_FILTER.test(error.message)) return error
  const code = 'feature_not_enabled'
  const message = `using a shard filter ${OFF}${placeIn(request)}`
  return { ...error, message, code, link: `https://docs.meilisearch.com/errors#${code}` }
}

/** Where the expression speaks of a shard: columns and the expression, as a node's parser tells it. */
function placeIn(request: string | null): string {
  const body = request === null ? null : parsedJson(request)
  const filter: unknown = isObject(body) ? body['filter'] : null
  for (const expression of [filter].flat(2)) {
    const at = typeof expression === 'string' ? expression.search(/(?<![\w.-])_shard(?![\w.-])/) : -1
    if (at >= 0) return `\n${at + 1}:${at + '_shard'.length + 1} ${expression}`
  }
  return ''
}
