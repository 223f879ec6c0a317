import {
  FOREIGN_TASK_TYPES,
  TASK_STATUSES,
  TASK_TYPES,
  type TaskFilter,
  type TaskType,
} from '../../model/task.ts'
import { refuse } from '../http/refusal.ts'
import { ticks } from '../http/shape.ts'
import { isIndexUid } from '../http/uid.ts'
import type { NodeTask } from './task.ts'

const ALL_TYPES: readonly string[] = [...TASK_TYPES, ...FOREIGN_TASK_TYPES]

/** Query parameters that choose tasks, as opposed to paging through them. */
export const FILTER_PARAMETERS = [
  'batchUids',
  'uids',
  'canceledBy',
  'types',
  'statuses',
  'indexUids',
  'afterEnqueuedAt',
  'beforeEnqueuedAt',
  'afterStartedAt',
  'beforeStartedAt',
  'afterFinishedAt',
  'beforeFinishedAt',
] as const

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function invalid(code: string, parameter: string, reason: string) {
  return refuse(code, `Invalid value in parameter \`${parameter}\`: ${reason}`)
}

/** A non-negative integer in a query parameter. */
export function readCount(text: string, parameter: string, code: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw invalid(code, parameter, `could not parse \`${text}\` as a positive integer`)
}

/** `true` or `false` in a query parameter. */
export function readFlag(text: string, parameter: string, code: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw invalid(
    code,
    parameter,
    `could not parse \`${text}\` as a boolean, expected either \`true\` or \`false\``,
  )
}

function readDate(text: string, parameter: string): number {
  const code = `invalid_task_${snake(parameter)}`
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const day = Date.parse(`${text}T00:00:00Z`)
    // Bounds are exclusive, so "after a day" means from the next one on.
    if (!Number.isNaN(day)) return parameter.startsWith('after') ? day + 86_400_000 - 1 : day
  }
  const moment = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(moment)) return moment
  const form = 'It should follow the YYYY-MM-DD or RFC 3339 date-time format.'
  throw invalid(code, parameter, `\`${text}\` is an invalid date-time. ${form}`)
}

function readName(text: string, parameter: 'statuses' | 'types'): string {
  const known = parameter === 'types' ? ALL_TYPES : TASK_STATUSES
  const found = known.find((name) => name.toLowerCase() === text.toLowerCase())
  if (found !== undefined) return found
  const word = parameter === 'types' ? 'type' : 'status'
  const list = `Available ${parameter} are ${ticks(known)}.`
  throw invalid(`invalid_task_${parameter}`, parameter, `\`${text}\` is not a valid task ${word}. ${list}`)
}

function readUid(text: string): string {
  if (isIndexUid(text)) return text
  throw invalid(
    'invalid_index_uid',
    'indexUids',
    `\`${text}\` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.`,
  )
}

interface ReadFilter extends TaskFilter {
  readonly batchUids?: readonly number[]
}

/** Reads the parameters that choose tasks; `*` is no filter. */
export function readTaskFilter(query: ReadonlyMap<string, string>): ReadFilter {
  const filter: Record<string, unknown> = {}
  for (const parameter of FILTER_PARAMETERS) {
    const text = query.get(parameter)
    if (text === undefined || text === '*') continue
    const parts = text.split(',')
    if (parameter.endsWith('At')) filter[parameter.replace(/At$/, 'Ms')] = readDate(text, parameter)
    else if (parameter === 'statuses' || parameter === 'types') {
      filter[parameter] = parts.map((part) => readName(part, parameter))
    } else if (parameter === 'indexUids') filter[parameter] = parts.map(readUid)
    else {
      const code = parameter === 'batchUids' ? 'invalid_batch_uids' : `invalid_task_${snake(parameter)}`
      filter[parameter] = parts.map((part) => readCount(part, parameter, code))
    }
  }
  return filter
}

/** A rename that was carried out is listed under both names. */
function namesOf(task: NodeTask): readonly string[] {
  const { newIndexUid } = task.details
  const renamed = typeof newIndexUid === 'string' && task.status === 'succeeded' ? [newIndexUid] : []
  return task.indexUid === null ? renamed : [task.indexUid, ...renamed]
}

/** Makes a test for tasks from a filter. */
export function taskMatcher(filter: ReadFilter): (task: NodeTask) => boolean {
  const uids = filter.uids && new Set(filter.uids)
  const batchUids = filter.batchUids && new Set(filter.batchUids)
  const types = filter.types && new Set<TaskType>(filter.types)
  const { statuses, indexUids, canceledBy } = filter
  const within = (at: number | null, after: number | undefined, before: number | undefined): boolean =>
    (after === undefined || (at !== null && at > after)) &&
    (before === undefined || (at !== null && at < before))
  return (task) =>
    (uids === undefined || uids.has(task.uid)) &&
    (batchUids === undefined || (task.startedMs !== null && batchUids.has(task.uid))) &&
    (types === undefined || types.has(task.type)) &&
    (statuses === undefined || statuses.includes(task.status)) &&
    (indexUids === undefined || namesOf(task).some((uid) => indexUids.includes(uid))) &&
    (canceledBy === undefined || (task.canceledBy !== null && canceledBy.includes(task.canceledBy))) &&
    within(task.enqueuedMs, filter.afterEnqueuedMs, filter.beforeEnqueuedMs) &&
    within(task.startedMs, filter.afterStartedMs, filter.beforeStartedMs) &&
    within(task.finishedMs, filter.afterFinishedMs, filter.beforeFinishedMs)
}
