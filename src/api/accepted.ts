import { json, type Reply } from '../model/call.ts'
import type { WriteReceipt } from '../model/writes.ts'

/** The 202 of an accepted write, members in a node's order. */
export function accepted(receipt: WriteReceipt): Reply {
  const { taskUid, indexUid, status, type, enqueuedAt, customMetadata } = receipt.task
  const summary = { taskUid, indexUid, status, type, enqueuedAt }
  const body = customMetadata === undefined ? summary : { ...summary, customMetadata }
  return receipt.headers.length === 0 ? json(202, body) : json(202, body, receipt.headers)
}
