/**
 * The one error table: every error this program makes itself, by code. Errors of nodes pass through with
 * their own code. Codes with a Meilisearch name carry Meilisearch's status, type and text.
 */
interface ErrorEntry {
  readonly status: number
  readonly type: 'invalid_request' | 'internal' | 'auth' | 'system'
  /** `{name}` is replaced by the value passed under that name. */
  readonly template: string
  /** Seconds for `Retry-After`, when the client should come back. */
  readonly retryAfterS?: number
}

const entry = (
  status: number,
  type: ErrorEntry['type'],
  template: string,
  retryAfterS?: number,
): ErrorEntry =>
  retryAfterS === undefined ? { status, type, template } : { status, type, template, retryAfterS }

export const ERRORS = {
  // Meilisearch's own
  missing_authorization_header: entry(
    401,
    'auth',
    'The Authorization header is missing. It must use the bearer authorization method.',
  ),
  invalid_api_key: entry(403, 'auth', 'The provided API key is invalid.'),
  missing_master_key: entry(
    401,
    'auth',
    'Meilisearch is running without a master key. To access this API endpoint, you must have set a master key at launch.',
  ),
  index_not_found: entry(404, 'invalid_request', 'Index `{uid}` not found.'),
  index_already_exists: entry(409, 'invalid_request', 'Index `{uid}` already exists.'),
  document_not_found: entry(404, 'invalid_request', 'Document `{id}` not found.'),
  invalid_task_uids: entry(400, 'invalid_request', '{message}'),
  invalid_task_types: entry(400, 'invalid_request', '{message}'),
  invalid_task_statuses: entry(400, 'invalid_request', '{message}'),
  invalid_task_canceled_by: entry(400, 'invalid_request', '{message}'),
  invalid_task_limit: entry(400, 'invalid_request', '{message}'),
  invalid_task_from: entry(400, 'invalid_request', '{message}'),
  invalid_task_reverse: entry(400, 'invalid_request', '{message}'),
  invalid_task_before_enqueued_at: entry(400, 'invalid_request', '{message}'),
  invalid_task_after_enqueued_at: entry(400, 'invalid_request', '{message}'),
  invalid_task_before_started_at: entry(400, 'invalid_request', '{message}'),
  invalid_task_after_started_at: entry(400, 'invalid_request', '{message}'),
  invalid_task_before_finished_at: entry(400, 'invalid_request', '{message}'),
  invalid_task_after_finished_at: entry(400, 'invalid_request', '{message}'),
  invalid_batch_uids: entry(400, 'invalid_request', '{message}'),
  missing_index_uid: entry(400, 'invalid_request', '{message}'),
  invalid_index_primary_key: entry(400, 'invalid_request', '{message}'),
  invalid_index_limit: entry(400, 'invalid_request', '{message}'),
  invalid_index_offset: entry(400, 'invalid_request', '{message}'),
  immutable_index_created_at: entry(400, 'invalid_request', '{message}'),
  immutable_index_updated_at: entry(400, 'invalid_request', '{message}'),
  invalid_document_csv_delimiter: entry(400, 'invalid_request', '{message}'),
  invalid_skip_creation: entry(400, 'invalid_request', '{message}'),
  missing_document_filter: entry(400, 'invalid_request', '{message}'),
  invalid_document_filter: entry(400, 'invalid_request', '{message}'),
  missing_document_edition_function: entry(400, 'invalid_request', '{message}'),
  invalid_document_edition_function_filter: entry(400, 'invalid_request', '{message}'),
  invalid_stats_show_internal_database_sizes: entry(400, 'invalid_request', '{message}'),
  invalid_stats_size_format: entry(400, 'invalid_request', '{message}'),
  webhook_not_found: entry(404, 'invalid_request', 'Webhook `{uuid}` not found.'),
  invalid_api_key_offset: entry(400, 'invalid_request', '{message}'),
  invalid_api_key_limit: entry(400, 'invalid_request', '{message}'),
  missing_task_filters: entry(
    400,
    'invalid_request',
    'Query parameters to filter the tasks to {action} are missing. Available query parameters are: `uids`, `indexUids`, `statuses`, `types`, `canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, `beforeStartedAt`, `afterStartedAt`, `beforeFinishedAt`, `afterFinishedAt`.',
  ),
  batch_not_found: entry(404, 'invalid_request', 'Batch `{uid}` not found.'),
  api_key_not_found: entry(404, 'invalid_request', 'API key `{key}` not found.'),
  task_not_found: entry(404, 'invalid_request', 'Task `{uid}` not found.'),
  invalid_index_uid: entry(
    400,
    'invalid_request',
    '`{uid}` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.',
  ),
  missing_content_type: entry(
    415,
    'invalid_request',
    'A Content-Type header is missing. Accepted values for the Content-Type header are: {accepted}',
  ),
  invalid_content_type: entry(
    415,
    'invalid_request',
    'The Content-Type `{type}` is invalid. Accepted values for the Content-Type header are: {accepted}',
  ),
  missing_payload: entry(400, 'invalid_request', 'A {format} payload is missing.'),
  malformed_payload: entry(400, 'invalid_request', '{message}'),
  payload_too_large: entry(
    413,
    'invalid_request',
    'The provided payload reached the size limit. The maximum accepted payload size is {limit}.',
  ),
  bad_request: entry(400, 'invalid_request', '{message}'),
  missing_document_id: entry(
    400,
    'invalid_request',
    "Document doesn't have a `{primaryKey}` attribute: `{document}`.",
  ),
  invalid_document_id: entry(
    400,
    'invalid_request',
    'Document identifier `{value}` is invalid. A document identifier can be of type integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes.',
  ),
  invalid_document_geo_field: entry(400, 'invalid_request', '{message}'),
  index_primary_key_no_candidate_found: entry(
    400,
    'invalid_request',
    'The primary key inference failed as the engine did not find any field ending with `id` in its name. Please specify the primary key manually using the `primaryKey` query parameter.',
  ),
  index_primary_key_multiple_candidates_found: entry(
    400,
    'invalid_request',
    'The primary key inference failed as the engine found {count} fields ending with `id` in their names: {names}. Please specify the primary key manually using the `primaryKey` query parameter.',
  ),
  index_primary_key_already_exists: entry(
    400,
    'invalid_request',
    'Index `{uid}`: Index already has a primary key: `{primaryKey}`.',
  ),
  feature_not_enabled: entry(400, 'invalid_request', '{message}'),
  too_many_search_requests: entry(
    503,
    'system',
    'Too many search requests running at the same time: {count}. Retry after {seconds}s.',
    10,
  ),
  internal: entry(500, 'internal', '{message}'),
  // our own
  miroir_primary_key_required: entry(
    400,
    'invalid_request',
    'Document {position} has no usable `{primaryKey}`: {reason}. Nothing of the batch was written.',
  ),
  miroir_reserved_field: entry(
    400,
    'invalid_request',
    'Document {position} uses the field `{field}`; names beginning with `_miroir_` are reserved. Rename the field and send the batch again.',
  ),
  miroir_reserved_attribute: entry(
    400,
    'invalid_request',
    'The setting `{setting}` names the attribute `{attribute}`; names beginning with `_miroir_` are reserved. Leave it out and send the settings again.',
  ),
  miroir_reserved_separator: entry(
    400,
    'invalid_request',
    'The setting `{setting}` contains `{token}`, which would make a word of separators: the characters `! % ( ) * : ; ?` must stay separators here. Leave it out and send the settings again.',
  ),
  miroir_body_grows: entry(
    413,
    'invalid_request',
    'The body would be longer than {limit} as {form}. Send it in smaller parts.',
  ),
  miroir_no_quorum: entry(
    503,
    'system',
    'No current copy of shard {shards} of index `{uid}` can be reached; nothing was written. Retry when a node is back.',
    5,
  ),
  miroir_write_unconfirmed: entry(
    503,
    'system',
    'Task {task} was recorded, but only {acks} of {needed} copies confirmed it in time. Follow the task; do not send the write again.',
    5,
  ),
  miroir_partial: entry(
    500,
    'internal',
    'The operation failed on shards {shards} and succeeded on the others: {message}',
  ),
  miroir_shard_unavailable: entry(
    503,
    'system',
    'Shards {shards} of index `{uid}` have no readable copy right now. Retry later, or allow partial answers with `scatter.unavailable_shard_policy: partial`.',
    5,
  ),
  miroir_store_unavailable: entry(
    503,
    'system',
    'The task store does not accept writes ({reason}). Searches are not affected; retry the write later.',
    5,
  ),
  miroir_overloaded: entry(
    503,
    'system',
    'Too many requests are in progress ({resource}). Retry shortly.',
    1,
  ),
  miroir_deadline: entry(504, 'system', 'The request was not finished within {seconds} s.'),
  miroir_too_many_queries: entry(
    400,
    'invalid_request',
    'A multi-search may hold {max} queries at most; this one has {count}. Send them in several requests.',
  ),
  miroir_unsupported: entry(400, 'invalid_request', '{feature} is not supported by this proxy yet.'),
  miroir_invalid_auth: entry(
    401,
    'auth',
    'This route needs the admin key, as `Authorization: Bearer …` or `X-Admin-Key`.',
  ),
  miroir_node_answer: entry(502, 'system', 'Node `{node}` gave an answer that cannot be used: {reason}.'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** Error object as Meilisearch prints it; also the `error` of tasks. */
export interface ErrorBody {
  readonly message: string
  readonly code: string
  readonly type: string
  readonly link: string
}

/** An error meant for the client. Everything else that is thrown is a bug and becomes a 500 `internal`. */
export class MiroirError extends Error {
  override readonly name = 'MiroirError'
  readonly status: number
  readonly body: ErrorBody
  readonly retryAfterS: number | undefined

  constructor(status: number, body: ErrorBody, retryAfterS?: number) {
    super(body.message)
    this.status = status
    this.body = body
    this.retryAfterS = retryAfterS
  }
}

export function errorBody(
  code: ErrorCode,
  values: Readonly<Record<string, string | number>> = {},
): ErrorBody {
  const { template, type } = ERRORS[code]
  const message = template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
  return { message, code, type, link: errorLink(code) }
}

export function fail(code: ErrorCode, values: Readonly<Record<string, string | number>> = {}): MiroirError {
  const found: ErrorEntry = ERRORS[code]
  return new MiroirError(found.status, errorBody(code, values), found.retryAfterS)
}

function errorLink(code: string): string {
  return code.startsWith('miroir_') ? `docs/errors.md#${code}` : `https://docs.meilisearch.com/errors#${code}`
}
