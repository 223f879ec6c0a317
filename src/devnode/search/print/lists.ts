import { isOrHolds } from '../filter/attributes.ts'

/** True when the list names everything, the attribute, or an object around it. */
export function isListed(names: readonly string[], attribute: string): boolean {
  return names.some((name) => name === '*' || isOrHolds(name, attribute))
}
