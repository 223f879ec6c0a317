import type { ErrorBody } from '../model/errors.ts'
import { isPhysicalName } from './names.ts'
import { OWN_FIELDS, OWN_RULES } from './own-attributes.ts'

/** What clients call an index, by its name on a node. */
export type NameLookup = ReadonlyMap<string, string> | ((physical: string) => string | undefined)

export interface ScrubOptions {
  /** The index's rules for our fields stand first (`ownRulesFirst`): texts number the client's too high. */
  readonly ownRulesFirst?: boolean
}

const WORD = /[A-Za-z0-9_-]+/g
/** `filterable attribute patterns`, `filterable attributes patterns`, `sortable attributes`, … */
const ATTRIBUTE_LIST = /Available (([\w-]+) attributes?(?: patterns)?) are: `([^\n]*?)`\./g
const HIDDEN = '<..hidden-attributes>'
const RULE_NUMBER = /\brule #([0-9]+)/g
/** Members of ours in a document that a text quotes. */
const OWN_MEMBER = `"(?:${OWN_FIELDS.join('|')})":"[^"]*"`
const OWN_MEMBER_FIRST = new RegExp(`${OWN_MEMBER},`, 'g')
const OWN_MEMBER_LAST = new RegExp(`,?${OWN_MEMBER}`, 'g')

/** A node's error as the client may see it. */
export function scrubError(body: ErrorBody, names: NameLookup, options: ScrubOptions = {}): ErrorBody {
  return { ...body, message: scrubText(body.message, names, options) }
}

/**
 * A node's text with the client's index names and without our fields, as a node without them would put it.
 */
export function scrubText(text: string, names: NameLookup, options: ScrubOptions = {}): string {
  const find = typeof names === 'function' ? names : (physical: string) => names.get(physical)
  const renamed = text.replace(WORD, (word) => (isPhysicalName(word) ? (find(word) ?? word) : word))
  const listed = renamed.replace(ATTRIBUTE_LIST, scrubbedList)
  const quoted = listed.replace(OWN_MEMBER_FIRST, '').replace(OWN_MEMBER_LAST, '')
  return options.ownRulesFirst === true ? quoted.replace(RULE_NUMBER, renumbered) : quoted
}

function scrubbedList(_whole: string, list: string, kind: string, attributes: string): string {
  // The filter parser quotes each name, the others quote the list as one.
  const separator = attributes.includes('`, `') ? '`, `' : ', '
  const kept = attributes.split(separator).filter((name) => !OWN_FIELDS.includes(name))
  // A node that has nothing to show says so, also when all it has is hidden.
  return kept.every((name) => name === HIDDEN)
    ? `This index does not have configured ${kind} attributes.`
    : `Available ${list} are: \`${kept.join(separator)}\`.`
}

function renumbered(whole: string, digits: string): string {
  const number = Number(digits) - OWN_RULES.length
  return number < 0 ? whole : `rule #${number}`
}
