import type { Filter } from './filter.ts'

/**
 * Primary keys that a filter lets through: only documents with one of these can match. Null: any document
 * might. Undefined: too many to name.
 */
export type Keys = ReadonlySet<string> | null | undefined

/** From here on several integers are one number to a node. */
const EXACT_INTEGERS_END = 2 ** 53
/** Nodes cut long values off in what they compare; no key this long is narrowed by. */
const VALUE_LENGTH_MAX = 256

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** `keysMax` bounds the spellings that are looked at. */
export function keysIn(filter: Filter, primaryKey: string, keysMax: number): Keys {
  return new KeyFinder(primaryKey, keysMax).find(filter, true)
}

class KeyFinder {
  readonly #primaryKey: string
  readonly #keysMax: number

  constructor(primaryKey: string, keysMax: number) {
    this.#primaryKey = primaryKey
    this.#keysMax = keysMax
  }

  /** Keys of documents for which the filter is true, or false where `wanted` is. */
  find(filter: Filter, wanted: boolean): Keys {
    switch (filter.kind) {
      case 'not':
        return this.find(filter.part, !wanted)
      case 'and':
      case 'or': {
        const found = filter.parts.map((part) => this.find(part, wanted))
        // What is not (a or b) is neither.
        return (filter.kind === 'and') === wanted ? allOf(found) : this.anyOf(found)
      }
      case 'compare': {
        const equal = filter.operator === '=' ? wanted : filter.operator === '!=' && !wanted
        return equal && filter.field.text === this.#primaryKey ? this.#spellings(filter.value.text) : null
      }
      case 'in':
        if (filter.field.text !== this.#primaryKey || filter.negated === wanted) return null
        return this.anyOf(filter.values.map((value) => this.#spellings(value.text)))
      default:
        return null
    }
  }

  anyOf(found: readonly Keys[]): Keys {
    if (found.includes(null)) return null
    const union = new Set<string>()
    for (const keys of found) {
      if (keys === undefined || keys === null) return undefined
      for (const key of keys) union.add(key)
      if (union.size > this.#keysMax) return undefined
    }
    return union
  }

  /**
   * Keys that equal a value to a node. It compares texts without regard to case and width, and numbers as
   * doubles: `"ABC"` is also `abc`, and `5.0` is `5`. Keys hold nothing but ASCII letters, digits, `-` and
   * `_`, so that all of them can be named.
   */
  #spellings(value: string): Keys {
    const text = value.trim()
    if (text.length > VALUE_LENGTH_MAX || /[^ -~]/.test(text)) return null
    const spellings = new Set<string>()
    if (/^[A-Za-z0-9_-]+$/.test(text)) {
      const letters = text.replace(/[^A-Za-z]/g, '').length
      if (2 ** letters > this.#keysMax) return undefined
      for (const spelling of inAllCases(text)) spellings.add(spelling)
    }
    const number = NUMBER.test(text) ? Number(text) : Number.NaN
    if (!Number.isInteger(number)) return spellings
    if (Math.abs(number) >= EXACT_INTEGERS_END) return null
    return spellings.add(String(number))
  }
}

/** A key must be in all of them. */
function allOf(found: readonly Keys[]): Keys {
  const named = found.filter((keys) => keys !== null && keys !== undefined)
  const [first, ...others] = named
  if (first === undefined) return found.includes(undefined) ? undefined : null
  return new Set([...first].filter((key) => others.every((keys) => keys.has(key))))
}

function inAllCases(text: string): string[] {
  let spellings = ['']
  for (const letter of text) {
    const cases = new Set([letter.toLowerCase(), letter.toUpperCase()])
    spellings = spellings.flatMap((start) => [...cases].map((end) => start + end))
  }
  return spellings
}
