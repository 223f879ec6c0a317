import { OWN_FIELDS, OWN_RULES } from '../catalogue/own-attributes.ts'
import { text, utf8 } from '../std/bytes.ts'

/** How one node calls an index, and how the client calls it. */
export interface IndexNames {
  readonly uid: string
  readonly physical: string
  /** Our filterable rules stand before the client's on nodes, and so shift the numbers of theirs. */
  readonly ownRulesFirst: boolean
}

/**
 * `filterable attribute patterns`, `filterable attributes patterns`, `sortable attributes`, `searchable
 * attributes`.
 */
const ATTRIBUTE_LIST = /Available ((\w+) attributes?(?: patterns)?) are: `([^\n]*?)`\./g
/** Rules are counted from 0. */
const RULE_NUMBER = /(\brule #)(\d+)/g
const HIDDEN = '<..hidden-attributes>'

/** A node's error body as the client may see it: its index name, none of this proxy's fields. */
export function scrubError(body: Uint8Array, names: IndexNames): Uint8Array {
  const error: unknown = JSON.parse(text(body))
  if (typeof error !== 'object' || error === null || !('message' in error)) return body
  const { message } = error
  if (typeof message !== 'string') return body
  return utf8(JSON.stringify({ ...error, message: scrubMessage(message, names) }))
}

export function scrubMessage(message: string, names: IndexNames): string {
  const renamed = message.replaceAll(names.physical, names.uid)
  const numbered = names.ownRulesFirst ? renamed.replace(RULE_NUMBER, clientRule) : renamed
  return numbered.replace(ATTRIBUTE_LIST, (_whole, list: string, kind: string, attributes: string) => {
    // The filter parser quotes each name, the others quote the list as one.
    const separator = attributes.includes('`, `') ? '`, `' : ', '
    const kept = attributes.split(separator).filter((name) => !OWN_FIELDS.includes(name))
    // A node that has nothing to show says so, also when all it has is hidden.
    return kept.every((name) => name === HIDDEN)
      ? `This index does not have configured ${kind} attributes.`
      : `Available ${list} are: \`${kept.join(separator)}\`.`
  })
}

function clientRule(whole: string, words: string, place: string): string {
  const shifted = Number(place) - OWN_RULES.length
  return shifted < 0 ? whole : `${words}${shifted}`
}
