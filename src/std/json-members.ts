/** One member of a JSON object: its decoded key and the text of its value, untouched. */
export interface JsonMember {
  readonly key: string
  readonly value: string
}

/**
 * Top-level members of one JSON object in the order of the text, duplicates included. Values keep their
 * spelling, which `JSON.parse` would lose (`1.0`, big integers, the order of integer-like keys). The text
 * must be valid JSON and an object; anything else throws `SyntaxError`.
 */
export function membersOf(text: string): JsonMember[] {
  const members: JsonMember[] = []
  let at = skipBlank(text, 0)
  if (text[at] !== '{') throw new SyntaxError('not a JSON object')
  at = skipBlank(text, at + 1)
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at)
    const token = text.slice(at, keyEnd)
    const key: unknown = token.includes('\\') ? JSON.parse(token) : token.slice(1, -1)
    const colon = skipBlank(text, keyEnd)
    if (text[colon] !== ':') throw new SyntaxError(`no colon at ${colon}`)
    const start = skipBlank(text, colon + 1)
    const end = valueEnd(text, start)
    members.push({ key: String(key), value: text.slice(start, end) })
    at = skipBlank(text, end)
    if (text[at] === ',') at = skipBlank(text, at + 1)
  }
  if (text[at] !== '}') throw new SyntaxError(`no end of object at ${at}`)
  return members
}

/** Texts of the elements of one JSON array, which must be valid JSON; anything else throws `SyntaxError`. */
export function elementsOf(text: string): string[] {
  const elements: string[] = []
  let at = skipBlank(text, 0)
  if (text[at] !== '[') throw new SyntaxError('not a JSON array')
  at = skipBlank(text, at + 1)
  while (at < text.length && text[at] !== ']') {
    const end = valueEnd(text, at)
    elements.push(text.slice(at, end))
    at = skipBlank(text, end)
    if (text[at] === ',') at = skipBlank(text, at + 1)
  }
  if (text[at] !== ']') throw new SyntaxError(`no end of array at ${at}`)
  return elements
}

/** The last member of that name wins, as in every JSON reader here. */
export function memberValue(members: readonly JsonMember[], key: string): string | undefined {
  return members.findLast((member) => member.key === key)?.value
}

export function objectText(members: readonly JsonMember[]): string {
  return `{${members.map(({ key, value }) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

function skipBlank(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at
    at++
  }
}

/** Position after the closing quote of the string that starts at `from`. */
function stringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  throw new SyntaxError(`no end of string from ${from}`)
}

/** Position after the value that starts at `from`. */
function valueEnd(text: string, from: number): number {
  const first = text[from]
  if (first === '"') return stringEnd(text, from)
  if (first === '{' || first === '[') return nestedEnd(text, from)
  let at = from
  while (at < text.length && !',}] \n\r\t'.includes(text.charAt(at))) at++
  if (at === from) throw new SyntaxError(`no value at ${from}`)
  return at
}

function nestedEnd(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = stringEnd(text, at) - 1
    else if (code === 0x7b || code === 0x5b) depth++
    else if (code === 0x7d || code === 0x5d) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  throw new SyntaxError(`no end of value from ${from}`)
}
