import { type Call, json, type Reply, type Route } from '../model/call.ts'
import { fail } from '../model/errors.ts'

type Row = readonly [method: string, template: string, action: string, text: string]

const DISCUSSIONS = 'https://github.com/orgs/meilisearch/discussions'
const gated = (doing: string, feature: string, link: string): string =>
  `${doing} requires enabling the \`${feature}\` experimental feature. See ${link}`

const NETWORK = gated('Using the /network route', 'network', `${DISCUSSIONS}/805`)
const LOGS = gated('Modifying logs through the `/logs/*` routes', 'logs route', `${DISCUSSIONS}/721`)
const chats = (doing: string): string => gated(doing, 'chat completions', `${DISCUSSIONS}/835`)
const CHAT_SETTINGS = chats('using the /chats/settings route')
const rules = (doing: string): string => gated(doing, 'dynamic search rules', `${DISCUSSIONS}/884`)
const ANY_RULES = rules('Using the `/dynamic-search-rules` routes')
const RULE = '/dynamic-search-rules/{rule}'

/** Routes that a node keeps behind a feature: refused as by a node that has it off. */
const GATED: readonly Row[] = [
  ['GET', '/network', 'network.get', NETWORK],
  ['PATCH', '/network', 'network.update', NETWORK],
  ['POST', '/network/control', 'network.update', NETWORK],
  [
    'GET',
    '/metrics',
    'metrics.get',
    gated('Getting metrics', 'metrics', 'https://github.com/meilisearch/product/discussions/625'),
  ],
  ['POST', '/logs/stream', 'metrics.get', LOGS],
  ['DELETE', '/logs/stream', 'metrics.get', LOGS],
  ['POST', '/logs/stderr', 'metrics.get', LOGS],
  ['GET', '/chats', 'chats.get', chats('listing the chats')],
  ['GET', '/chats/{workspace}', 'chats.get', chats('displaying a chat')],
  ['DELETE', '/chats/{workspace}', 'chats.delete', chats('deleting a chat')],
  ['GET', '/chats/{workspace}/settings', 'chatsSettings.get', CHAT_SETTINGS],
  ['PATCH', '/chats/{workspace}/settings', 'chatsSettings.update', CHAT_SETTINGS],
  ['DELETE', '/chats/{workspace}/settings', 'chatsSettings.update', CHAT_SETTINGS],
  [
    'POST',
    '/chats/{workspace}/chat/completions',
    'chatCompletions',
    chats('using the /chats chat completions route'),
  ],
  [
    'POST',
    '/render-template',
    'settings.get',
    gated('calling the /render-template route', 'render_route', `${DISCUSSIONS}/888`),
  ],
  [
    'POST',
    '/dynamic-search-rules',
    'dynamicSearchRules.get',
    rules('Calling the `POST /dynamic-search-rules` route'),
  ],
  ['DELETE', '/dynamic-search-rules', 'dynamicSearchRules.delete', ANY_RULES],
  ['GET', RULE, 'dynamicSearchRules.get', rules('Calling the `GET /dynamic-search-rules/{:ruleUid}` route')],
  ['PATCH', RULE, 'dynamicSearchRules.update', ANY_RULES],
  ['DELETE', RULE, 'dynamicSearchRules.delete', ANY_RULES],
  [
    'POST',
    '/tasks/compact',
    'tasks.compact',
    gated('Using the /tasks/compact route', 'task queue compaction route', `${DISCUSSIONS}/883`),
  ],
  [
    'GET',
    '/tasks/{uid}/documents',
    'tasks.get',
    gated('Getting the documents of an enqueued task', 'get task documents route', `${DISCUSSIONS}/808`),
  ],
]

/** Routes that a node has and this proxy does not. */
const MISSING: readonly Row[] = [
  ['POST', '/swap-indexes', 'indexes.swap', 'Swapping indexes'],
  ['POST', '/dumps', 'dumps.create', 'Creating a dump'],
  ['POST', '/snapshots', 'snapshots.create', 'Creating a snapshot'],
  ['POST', '/export', 'export', 'Exporting to another instance'],
  ['POST', '/webhooks', 'webhooks.create', 'Creating webhooks'],
  ['PATCH', '/webhooks/{uuid}', 'webhooks.update', 'Changing webhooks'],
  ['DELETE', '/webhooks/{uuid}', 'webhooks.delete', 'Deleting webhooks'],
  ['GET', '/indexes/{uid}/similar', 'search', 'Searching similar documents'],
  ['POST', '/indexes/{uid}/similar', 'search', 'Searching similar documents'],
  ['POST', '/indexes/{uid}/fields', 'fields.post', 'Listing the fields of an index'],
  ['POST', '/indexes/{uid}/compact', 'indexes.compact', 'Compacting an index'],
]

/** Routes of Meilisearch that do nothing here but say so. */
export function unsupportedRoutes(): Route[] {
  return [
    ...GATED.map((row) => refusingRoute(row, () => fail('feature_not_enabled', { message: row[3] }))),
    ...MISSING.map((row) => refusingRoute(row, () => fail('miroir_unsupported', { feature: row[3] }))),
    route('GET', '/webhooks', 'webhooks.get', () => json(200, { results: [] })),
    route('GET', '/webhooks/{uuid}', 'webhooks.get', (call) => {
      throw fail('webhook_not_found', { uuid: call.params['uuid'] ?? '' })
    }),
  ]
}

function route(method: string, template: string, action: string, handler: (call: Call) => Reply): Route {
  return { method, template, access: { kind: 'action', action }, handler }
}

function refusingRoute([method, template, action]: Row, error: () => Error): Route {
  return route(method, template, action, () => {
    throw error()
  })
}
