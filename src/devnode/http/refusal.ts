import { type ErrorBody, MiroirError } from '../../model/errors.ts'

interface Kind {
  readonly status: number
  readonly type: string
}

/** Codes that are not 400 `invalid_request`. */
const KINDS: Readonly<Record<string, Kind>> = {
  missing_authorization_header: { status: 401, type: 'auth' },
  invalid_api_key: { status: 403, type: 'auth' },
  api_key_not_found: { status: 404, type: 'invalid_request' },
  document_not_found: { status: 404, type: 'invalid_request' },
  index_not_found: { status: 404, type: 'invalid_request' },
  task_not_found: { status: 404, type: 'invalid_request' },
  batch_not_found: { status: 404, type: 'invalid_request' },
  api_key_already_exists: { status: 409, type: 'invalid_request' },
  index_already_exists: { status: 409, type: 'invalid_request' },
  payload_too_large: { status: 413, type: 'invalid_request' },
  invalid_content_type: { status: 415, type: 'invalid_request' },
  missing_content_type: { status: 415, type: 'invalid_request' },
  internal: { status: 500, type: 'internal' },
}

/** The error object of a node, for answers and for tasks. */
export function refusalBody(code: string, message: string): ErrorBody {
  const type = KINDS[code]?.type ?? 'invalid_request'
  return { message, code, type, link: `https://docs.meilisearch.com/errors#${code}` }
}

/** An error in a node's own words. */
export function refuse(code: string, message: string): MiroirError {
  return new MiroirError(KINDS[code]?.status ?? 400, refusalBody(code, message))
}

/** What this small node lacks is said, never guessed. */
export function refuseLacking(feature: string): MiroirError {
  return refuse(
    'feature_not_enabled',
    `${feature} is not available on the embedded node, which is for trials and tests; use a Meilisearch node instead.`,
  )
}

const FEATURE_PAGES = {
  network: 'https://github.com/orgs/meilisearch/discussions/805',
  personalization: 'https://github.com/orgs/meilisearch/discussions/866',
  'get task documents route': 'https://github.com/orgs/meilisearch/discussions/808',
  metrics: 'https://github.com/meilisearch/product/discussions/625',
  'logs route': 'https://github.com/orgs/meilisearch/discussions/721',
  'chat completions': 'https://github.com/orgs/meilisearch/discussions/835',
  'edit documents by function': 'https://github.com/orgs/meilisearch/discussions/762',
  'contains filter': 'https://github.com/orgs/meilisearch/discussions/763',
  multimodal: 'https://github.com/orgs/meilisearch/discussions/846',
} as const

export type SwitchedOff = keyof typeof FEATURE_PAGES

/**
 * What a node says of a feature that was not switched on; `PATCH /experimental-features` says that it cannot
 * be here.
 */
export function switchedOffText(doing: string, feature: SwitchedOff): string {
  const page = FEATURE_PAGES[feature]
  return `${doing} requires enabling the \`${feature}\` experimental feature. See ${page}`
}

export function refuseSwitchedOff(doing: string, feature: SwitchedOff): MiroirError {
  return refuse('feature_not_enabled', switchedOffText(doing, feature))
}

export const notFoundIndex = (uid: string): MiroirError =>
  refuse('index_not_found', `Index \`${uid}\` not found.`)
