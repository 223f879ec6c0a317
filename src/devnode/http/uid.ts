import type { MiroirError } from '../../model/errors.ts'
import { refuse } from './refusal.ts'

/** Real nodes name 512 bytes in their text and allow 400. */
const UID_BYTES_MAX = 400

export function isIndexUid(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text) && text.length <= UID_BYTES_MAX
}

export function badUidText(uid: string): string {
  return `\`${uid}\` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.`
}

export function badUid(uid: string): MiroirError {
  return refuse('invalid_index_uid', badUidText(uid))
}
