import { batchView, type NodeTask, taskView } from '../../tasks/task.ts'
import {
  FILTER_PARAMETERS,
  readCount,
  readFlag,
  readTaskFilter,
  taskMatcher,
} from '../../tasks/task-filter.ts'
import { covers, enqueue, knownParameters, type NodeCall, type NodeReply, reply } from '../call.ts'
import { refuse } from '../refusal.ts'

const LIST_PARAMETERS = ['limit', 'from', 'reverse', ...FILTER_PARAMETERS]

function seesAll(call: NodeCall): boolean {
  return call.key === null || call.key.indexes.includes('*')
}

const visible =
  (call: NodeCall) =>
  (task: NodeTask): boolean =>
    seesAll(call) || (task.indexUid !== null && covers(call, task.indexUid))

function pageOf(
  call: NodeCall,
  matches: ((task: NodeTask) => boolean) | null,
  view: (task: NodeTask) => object,
): NodeReply {
  const { query } = call
  const limit = readCount(query.get('limit') ?? '20', 'limit', 'invalid_task_limit')
  const from = query.has('from') ? readCount(query.get('from') ?? '', 'from', 'invalid_task_from') : null
  const reverse = readFlag(query.get('reverse') ?? 'false', 'reverse', 'invalid_task_reverse')
  const chosen = taskMatcher(readTaskFilter(query))
  const seen = visible(call)
  const filtered = FILTER_PARAMETERS.some((name) => query.has(name)) || matches !== null || !seesAll(call)
  const test = (task: NodeTask): boolean => (matches?.(task) ?? true) && chosen(task) && seen(task)
  const page = call.engine.tasks.page(filtered ? test : null, { from, limit, reverse })
  return reply({ results: page.tasks.map(view), total: page.total, limit, from: page.from, next: page.next })
}

export function listTasks(call: NodeCall): NodeReply {
  knownParameters(call, LIST_PARAMETERS)
  return pageOf(call, null, taskView)
}

export function listBatches(call: NodeCall): NodeReply {
  knownParameters(call, LIST_PARAMETERS)
  return pageOf(call, (task) => task.startedMs !== null, batchView)
}

function readUid(call: NodeCall, word: 'Task' | 'Batch'): number {
  const text = call.params[0] ?? ''
  if (/^\d+$/.test(text)) return Number(text)
  const code = word === 'Task' ? 'invalid_task_uids' : 'invalid_batch_uids'
  throw refuse(code, `${word} uid \`${text}\` is invalid. It should only contain numeric characters.`)
}

export function getTask(call: NodeCall): NodeReply {
  const uid = readUid(call, 'Task')
  const task = call.engine.tasks.get(uid)
  if (task === undefined || !visible(call)(task)) throw refuse('task_not_found', `Task \`${uid}\` not found.`)
  return reply(taskView(task))
}

export function getBatch(call: NodeCall): NodeReply {
  const uid = readUid(call, 'Batch')
  const task = call.engine.tasks.get(uid)
  if (task === undefined || task.startedMs === null || !visible(call)(task)) {
    throw refuse('batch_not_found', `Batch \`${uid}\` not found.`)
  }
  return reply(batchView(task))
}

function matchedTasks(call: NodeCall, verb: 'cancel' | 'delete'): number[] {
  knownParameters(call, ['uids', ...FILTER_PARAMETERS.filter((name) => name !== 'uids')])
  if (call.query.size === 0) {
    const names =
      '`uids`, `indexUids`, `statuses`, `types`, `canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, ' +
      '`beforeStartedAt`, `afterStartedAt`, `beforeFinishedAt`, `afterFinishedAt`'
    throw refuse(
      'missing_task_filters',
      `Query parameters to filter the tasks to ${verb} are missing. Available query parameters are: ${names}.`,
    )
  }
  const matches = taskMatcher(readTaskFilter(call.query))
  return Array.from(call.engine.tasks.ascending())
    .filter((task) => matches(task) && visible(call)(task))
    .map(({ uid }) => uid)
}

export function cancelTasks(call: NodeCall): NodeReply {
  const uids = matchedTasks(call, 'cancel')
  const originalFilter = `?${call.rawQuery}`
  return enqueue(
    call,
    {
      type: 'taskCancelation',
      indexUid: null,
      details: { matchedTasks: uids.length, canceledTasks: null, originalFilter },
      work: { kind: 'cancel', uids },
    },
    200,
  )
}

export function deleteTasks(call: NodeCall): NodeReply {
  const uids = matchedTasks(call, 'delete')
  const originalFilter = `?${call.rawQuery}`
  return enqueue(
    call,
    {
      type: 'taskDeletion',
      indexUid: null,
      details: { matchedTasks: uids.length, deletedTasks: null, originalFilter },
      work: { kind: 'deleteTasks', uids },
    },
    200,
  )
}
