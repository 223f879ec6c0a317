import { type Outcome, taskUidOf } from './recording.ts'

/*
 * What two honest answers to one request may differ in is replaced by its name, all else stays byte for byte.
 */

const VOLATILE = [
  ...['enqueuedAt', 'startedAt', 'finishedAt', 'createdAt', 'updatedAt', 'lastUpdate', 'duration'],
  ...['processingTimeMs', 'requestUid', 'queryUid', 'key', 'dumpUid'],
  ...['databaseSize', 'usedDatabaseSize', 'rawDocumentDbSize', 'avgDocumentSize'],
  ...['commitSha', 'commitDate', 'pkgVersion'],
]
const SCALAR = '(?:"(?:[^"\\\\]|\\\\.)*"|-?[0-9][-+.eE0-9]*)'
const VOLATILE_MEMBER = new RegExp(`"(${VOLATILE.join('|')})":${SCALAR}`, 'g')
const KEY_UID = /"uid":"[0-9a-f-]{36}"/g
const TASK_UID = /"(taskUid|uid|batchUid|from|next|canceledBy)":(\d+)/g
/** Inside a batch: how one node spent its time. */
const BATCH_INTERNALS =
  /,"(?:progressTrace|writeChannelCongestion|internalDatabaseSizes|embedderRequests)":\{[^{}]*\}/g
const BATCH_STRATEGY = /"batchStrategy":"(?:[^"\\]|\\.)*"/g

/** Task uids are shown as the names of the steps that were given them. */
export type TaskNames = ReadonlyMap<number, string>

export function taskNames(
  steps: Iterable<{
    readonly name: string
    readonly answer: string
    readonly substituteTask?: number | null
  }>,
): TaskNames {
  const names = new Map<number, string>()
  for (const { name, answer, substituteTask } of steps) {
    const uid = substituteTask ?? taskUidOf({ answer })
    if (uid !== null) names.set(uid, name)
  }
  return names
}

function stableText(text: string, names: TaskNames): string {
  return text
    .replace(VOLATILE_MEMBER, '"$1":"…"')
    .replace(KEY_UID, '"uid":"…"')
    .replace(BATCH_INTERNALS, '')
    .replace(BATCH_STRATEGY, '"batchStrategy":"…"')
    .replace(TASK_UID, (_, member: string, uid: string) => `"${member}":"${names.get(Number(uid)) ?? uid}"`)
}

export function stableOutcome(outcome: Outcome, names: TaskNames): Outcome {
  return {
    status: outcome.status,
    contentType: outcome.contentType,
    answer: stableText(outcome.answer, names),
    task: outcome.task === null ? null : stableText(outcome.task, names),
  }
}
