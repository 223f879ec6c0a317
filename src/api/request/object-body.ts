import type { Call } from '../../model/call.ts'
import type { ErrorCode } from '../../model/errors.ts'
import { fail } from '../../model/errors.ts'
import { type JsonMember, membersOf } from '../../std/json-members.ts'
import { jsonFault } from '../../std/json-syntax.ts'
import { bodyText, requireJsonBody } from '../json-body.ts'
import { wrongType } from './refusals.ts'

/** The text of a JSON body. Throws, in a node's words, where there is none. */
export function requireJson(call: Call): string {
  requireJsonBody(call)
  const fault = jsonFault(call.body)
  if (fault !== null) throw malformed(fault)
  return (bodyText(call.body) ?? '').trim()
}

export function malformed(fault: string): Error {
  return fail('malformed_payload', { message: `The json payload provided is malformed. \`${fault}\`.` })
}

/** Members of a body that must be an object; of repeated ones the last counts, in the place of the first. */
export function requireObject(call: Call): ReadonlyMap<string, string> {
  const text = requireJson(call)
  if (!text.startsWith('{')) throw wrongType('bad_request', '', 'an object', text)
  return new Map(membersOf(text).map((member: JsonMember) => [member.key, member.value]))
}

/** A string member, or null where it is null or absent. */
export function textOrNull(code: ErrorCode, name: string, value: string | undefined): string | null {
  if (value === undefined || value === 'null') return null
  if (!value.startsWith('"')) throw wrongType(code, `.${name}`, 'a string', value)
  return JSON.parse(value) as string
}
