import type { ErrorCode } from '../../model/errors.ts'
import { fail, MiroirError } from '../../model/errors.ts'
import {
  FOREIGN_TASK_TYPES,
  TASK_STATUSES,
  TASK_TYPES,
  type TaskFilter,
  type TaskPage,
  type TaskStatus,
  type TaskType,
} from '../../model/task.ts'
import { parseDate, parseMoment } from '../../std/timestamp.ts'

/** A listing as the client asked for it. */
export interface TaskQuery {
  readonly filter: TaskFilter
  readonly page: TaskPage
}

const LIMIT_DEFAULT = 20
const UINT32_MAX = 2 ** 32 - 1
const DAY_MS = 86_400_000
/** Before any time there is: "was started", as a bound. */
const EVER_MS = -8.64e15

const INDEX_UID = /^[A-Za-z0-9_-]{1,512}$/

const TIMES = {
  afterEnqueuedAt: ['afterEnqueuedMs', 'invalid_task_after_enqueued_at'],
  beforeEnqueuedAt: ['beforeEnqueuedMs', 'invalid_task_before_enqueued_at'],
  afterStartedAt: ['afterStartedMs', 'invalid_task_after_started_at'],
  beforeStartedAt: ['beforeStartedMs', 'invalid_task_before_started_at'],
  afterFinishedAt: ['afterFinishedMs', 'invalid_task_after_finished_at'],
  beforeFinishedAt: ['beforeFinishedMs', 'invalid_task_before_finished_at'],
} as const satisfies Record<string, readonly [keyof TaskFilter, ErrorCode]>

const PAGING = ['limit', 'from', 'reverse'] as const
const SELECTION = ['batchUids', 'uids', 'canceledBy', 'types', 'statuses', 'indexUids', ...Object.keys(TIMES)]

type Draft = { -readonly [Member in keyof TaskFilter]: TaskFilter[Member] }

/** Reads the query of `GET /tasks` or `GET /batches`. Throws a node's 400. */
export function parseListing(query: string): TaskQuery {
  const parameters = parametersOf(query, [...PAGING, ...SELECTION])
  const limit = parameters.get('limit')
  const from = parameters.get('from')
  const reverse = parameters.get('reverse')
  const page = {
    limit:
      limit === undefined ? LIMIT_DEFAULT : integer({ name: 'limit', code: 'invalid_task_limit' }, limit),
    reverse: reverse === undefined ? false : boolean(reverse),
    ...(from === undefined ? {} : { from: integer({ name: 'from', code: 'invalid_task_from' }, from) }),
  }
  return { filter: filterOf(parameters), page }
}

/** Reads the query of a deletion or cancelation, which must name something. Throws a node's 400. */
export function parseSelection(query: string, action: 'cancel' | 'delete'): TaskFilter {
  const parameters = parametersOf(query, SELECTION)
  const filter = filterOf(parameters)
  if (parameters.size === 0) throw fail('missing_task_filters', { action })
  return filter
}

/** A task uid in a path; null when it is none. */
export function parseUid(text: string): number | null {
  return /^\+?\d+$/.test(text) && Number(text) <= UINT32_MAX ? Number(text) : null
}

/** The last value of a repeated parameter counts, as on a node. */
function parametersOf(query: string, accepted: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map(new URLSearchParams(query))
  for (const name of parameters.keys()) {
    if (accepted.includes(name)) continue
    const list = accepted.map((each) => `\`${each}\``).join(', ')
    throw fail('bad_request', { message: `Unknown parameter \`${name}\`: expected one of ${list}` })
  }
  return parameters
}

function filterOf(parameters: ReadonlyMap<string, string>): TaskFilter {
  const numbers = (name: string, code: ErrorCode) =>
    list(parameters.get(name), (text) => integer({ name, code }, text))
  const filter: Draft = {}
  const uids = numbers('uids', 'invalid_task_uids')
  if (uids !== undefined) filter.uids = uids
  const canceledBy = numbers('canceledBy', 'invalid_task_canceled_by')
  if (canceledBy !== undefined) filter.canceledBy = canceledBy
  const types = list(parameters.get('types'), type)
  if (types !== undefined) filter.types = types.filter(isOurs)
  const statuses = list(parameters.get('statuses'), status)
  if (statuses !== undefined) filter.statuses = statuses
  const indexUids = list(parameters.get('indexUids'), indexUid)
  if (indexUids !== undefined) filter.indexUids = indexUids
  for (const [name, value] of parameters) if (isTime(name)) readTime(filter, name, value)
  const batches = numbers('batchUids', 'invalid_batch_uids')
  return batches === undefined ? filter : inBatches(filter, batches)
}

/** A batch has the uid of its only task, and exists once that was started. */
function inBatches(filter: TaskFilter, batches: readonly number[]): TaskFilter {
  return startedOnly({ ...filter, uids: filter.uids?.filter((uid) => batches.includes(uid)) ?? batches })
}

/** Only tasks that have a batch. */
export function startedOnly(filter: TaskFilter): TaskFilter {
  return { ...filter, afterStartedMs: filter.afterStartedMs ?? EVER_MS }
}

/**
 * Values between commas, read in order; undefined when absent, or when one is `*`, which matches everything.
 */
function list<Value>(text: string | undefined, read: (text: string) => Value): readonly Value[] | undefined {
  if (text === undefined) return undefined
  const values: Value[] = []
  for (const each of text.split(',')) {
    if (each === '*') return undefined
    values.push(read(each))
  }
  return values
}

function isTime(name: string): name is keyof typeof TIMES {
  return Object.hasOwn(TIMES, name)
}

/** A bare date is its first moment, but `after` it means after the whole day. */
function readTime(filter: Draft, name: keyof typeof TIMES, value: string): void {
  if (value === '*') return
  const [member, code] = TIMES[name]
  const dayMs = parseDate(value)
  const wallMs = dayMs === null ? parseMoment(value) : dayMs + (name.startsWith('after') ? DAY_MS : 0)
  if (wallMs === null) {
    const rule = 'It should follow the YYYY-MM-DD or RFC 3339 date-time format.'
    throw invalid({ name, code }, `\`${value}\` is an invalid date-time. ${rule}`)
  }
  filter[member] = wallMs
}

interface Parameter {
  readonly name: string
  readonly code: ErrorCode
}

function invalid({ name, code }: Parameter, problem: string): MiroirError {
  return fail(code, { message: `Invalid value in parameter \`${name}\`: ${problem}` })
}

function integer(parameter: Parameter, text: string): number {
  const value = parseUid(text)
  if (value === null) throw invalid(parameter, `could not parse \`${text}\` as a positive integer`)
  return value
}

function boolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  const problem = `could not parse \`${text}\` as a boolean, expected either \`true\` or \`false\``
  throw invalid({ name: 'reverse', code: 'invalid_task_reverse' }, problem)
}

function indexUid(text: string): string {
  if (INDEX_UID.test(text)) return text
  const { status, body } = fail('invalid_index_uid', { uid: text })
  throw new MiroirError(status, {
    ...body,
    message: `Invalid value in parameter \`indexUids\`: ${body.message}`,
  })
}

function status(text: string): TaskStatus {
  return oneOf(TASK_STATUSES, text, {
    name: 'statuses',
    code: 'invalid_task_statuses',
    nouns: ['status', 'statuses'],
  })
}

function type(text: string): string {
  const all: readonly string[] = [...TASK_TYPES, ...FOREIGN_TASK_TYPES]
  return oneOf(all, text, { name: 'types', code: 'invalid_task_types', nouns: ['type', 'types'] })
}

function isOurs(name: string): name is TaskType {
  return (TASK_TYPES as readonly string[]).includes(name)
}

function oneOf<Value extends string>(
  values: readonly Value[],
  text: string,
  parameter: Parameter & { readonly nouns: readonly [one: string, several: string] },
): Value {
  const found = values.find((value) => value.toLowerCase() === text.toLowerCase())
  if (found !== undefined) return found
  const available = values.map((value) => `\`${value}\``).join(', ')
  const [one, several] = parameter.nouns
  throw invalid(parameter, `\`${text}\` is not a valid task ${one}. Available ${several} are ${available}.`)
}
