/*
 * Says what is wrong with a JSON text in the words of nodes and at their positions. It is slow compared with
 * `JSON.parse`, and meant for small bodies and for texts that are known to be wrong.
 */

const DEPTH_MAX = 128
const BLANKS = [0x20, 0x0a, 0x0d, 0x09]
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y
const NUMBER_START = /-?(?:(?:0|[1-9][0-9]*)(?:\.(?:[0-9]+(?:[eE][-+]?[0-9]*)?)?|[eE][-+]?[0-9]*)?)?/y
const WORDS = ['true', 'false', 'null']
const strict = new TextDecoder('utf-8', { fatal: true })

class SyntaxFault extends Error {
  readonly consumed: number

  /** `consumed` counts the bytes that a node has taken when it gives up. */
  constructor(message: string, consumed: number) {
    super(message)
    this.consumed = consumed
  }
}

/** Null when the bytes are one JSON value. */
export function jsonFault(body: Uint8Array): string | null {
  return faultOf(body, (reader) => reader.whole())
}

/** Null when the bytes are documents, or JSON values that nodes have no position for. */
export function documentsFault(body: Uint8Array, format: 'json' | 'ndjson'): string | null {
  return faultOf(body, (reader) => (format === 'json' ? reader.documents() : reader.stream()))
}

function faultOf(body: Uint8Array, read: (reader: Reader) => void): string | null {
  try {
    read(new Reader(body))
    return null
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    const before = body.subarray(0, error.consumed)
    const lineStart = before.lastIndexOf(0x0a) + 1
    const line = before.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1)
    return `${error.message} at line ${line} column ${error.consumed - lineStart}`
  }
}

/** Walks over one byte per character, so that positions are bytes. */
class Reader {
  readonly #body: Uint8Array
  readonly #text: string
  #at = 0
  /** Inside of what a node skips before it looks at it: a comma at an end is then told in other words. */
  #skipping = false

  constructor(body: Uint8Array) {
    this.#body = body
    this.#text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1')
  }

  whole(): void {
    this.#value(0)
    this.#blank()
    if (this.#at < this.#text.length) throw this.#before('trailing characters')
  }

  /** One document or a list of them; a list ends in front of the element behind one that is no document. */
  documents(): void {
    this.#blank()
    if (this.#text[this.#at] === '{') {
      this.#object(1, true)
      this.#blank()
      if (this.#at < this.#text.length) throw this.#before('trailing characters')
    } else if (this.#text[this.#at] === '[') this.#list()
    else this.#value(0)
  }

  /** Documents one after another. */
  stream(): void {
    for (;;) {
      this.#blank()
      if (this.#at >= this.#text.length) return
      const document = this.#text[this.#at] === '{'
      this.#skipped(1)
      if (!document) return
    }
  }

  #list(): void {
    this.#enter(0)
    if (this.#closed(']', 'a list')) return
    for (let foreign = false; ; ) {
      if (foreign) throw this.#before('trailing characters')
      foreign = this.#text[this.#at] !== '{'
      this.#skipped(1)
      this.#blank()
      // Behind what is no document, a node does not look for a comma first.
      if (foreign && !'],'.includes(this.#text[this.#at] ?? ']')) throw this.#before('trailing characters')
      if (this.#separated(']', 'a list')) return
    }
  }

  #skipped(depth: number): void {
    const outer = this.#skipping
    this.#skipping = true
    this.#value(depth)
    this.#skipping = outer
  }

  #value(depth: number): void {
    this.#blank()
    const first = this.#text[this.#at]
    if (first === undefined) throw this.#ended('a value')
    if (first === '"') this.#string()
    else if (first === '{') this.#object(depth + 1)
    else if (first === '[') this.#array(depth + 1)
    else if (first === '-' || (first >= '0' && first <= '9')) this.#number()
    else this.#word()
  }

  #object(depth: number, skipMembers = false): void {
    this.#enter(depth)
    if (this.#closed('}', 'an object')) return
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#before('key must be a string')
      this.#string()
      this.#blank()
      if (this.#at >= this.#text.length) throw this.#ended('an object')
      if (this.#text[this.#at] !== ':') throw this.#before('expected `:`')
      this.#at++
      if (skipMembers) this.#skipped(depth)
      else this.#value(depth)
      if (this.#separated('}', 'an object')) return
    }
  }

  #array(depth: number): void {
    this.#enter(depth)
    if (this.#closed(']', 'a list')) return
    for (;;) {
      this.#value(depth)
      if (this.#separated(']', 'a list')) return
    }
  }

  #enter(depth: number): void {
    if (depth >= DEPTH_MAX) throw this.#before('recursion limit exceeded')
    this.#at++
    this.#blank()
  }

  #closed(end: string, what: string): boolean {
    if (this.#at >= this.#text.length) throw this.#ended(what)
    if (this.#text[this.#at] !== end) return false
    this.#at++
    return true
  }

  /** Behind an element: true at the end, false before another one. */
  #separated(end: string, what: string): boolean {
    this.#blank()
    if (this.#closed(end, what)) return true
    if (this.#text[this.#at] !== ',') throw this.#before(`expected \`,\` or \`${end}\``)
    this.#at++
    this.#blank()
    if (this.#at >= this.#text.length) throw this.#ended('a value')
    if (this.#text[this.#at] !== end) return false
    if (!this.#skipping) throw this.#before('trailing comma')
    throw this.#before(end === '}' ? 'key must be a string' : 'expected value')
  }

  #string(): void {
    const start = this.#at + 1
    for (this.#at = start; ; ) {
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#ended('a string')
      this.#at++
      if (character === '"') break
      if (character === '\\') this.#escape()
      else if (character < ' ')
        throw this.#after('control character (\\u0000-\\u001F) found while parsing a string')
    }
    try {
      strict.decode(this.#body.slice(start, this.#at - 1))
    } catch {
      throw this.#after('invalid unicode code point')
    }
  }

  #escape(): void {
    const kind = this.#text[this.#at]
    if (kind === undefined) throw this.#ended('a string')
    this.#at++
    if (kind === 'u') this.#unicode()
    else if (!'"\\/bfnrt'.includes(kind)) throw this.#after('invalid escape')
  }

  #unicode(): void {
    const unit = this.#hex()
    if (this.#skipping) return
    if (unit >= 0xdc00 && unit <= 0xdfff) throw this.#after('lone leading surrogate in hex escape')
    if (unit < 0xd800 || unit > 0xdfff) return
    for (const expected of ['\\', 'u']) {
      const found = this.#text[this.#at]
      if (found === undefined) throw this.#ended('a string')
      this.#at++
      if (found !== expected) throw this.#after('unexpected end of hex escape')
    }
    const low = this.#hex()
    if (low < 0xdc00 || low > 0xdfff) throw this.#after('lone leading surrogate in hex escape')
  }

  #hex(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4)
    if (digits.length < 4) throw this.#ended('a string')
    this.#at += 4
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw this.#after('invalid escape')
    return Number.parseInt(digits, 16)
  }

  #number(): void {
    const found = this.#match(NUMBER)
    const longest = this.#match(NUMBER_START)
    const token = found.length >= longest.length ? found : ''
    this.#at += Math.max(found.length, longest.length)
    const next = this.#text[this.#at]
    const leadingZero = /^-?0$/.test(token) && next !== undefined && next >= '0' && next <= '9'
    if (token === '' && next === undefined) throw this.#ended('a value')
    if (token === '' || leadingZero) throw this.#before('invalid number')
    if (!Number.isFinite(Number(token))) throw this.#after('number out of range')
  }

  #match(expression: RegExp): string {
    expression.lastIndex = this.#at
    return expression.exec(this.#text)?.[0] ?? ''
  }

  #word(): void {
    const word = WORDS.find((known) => known[0] === this.#text[this.#at])
    if (word === undefined) throw this.#before('expected value')
    for (const letter of word) {
      const found = this.#text[this.#at]
      if (found === undefined) throw this.#ended('a value')
      this.#at++
      if (found !== letter) throw this.#after('expected ident')
    }
  }

  #blank(): void {
    while (BLANKS.includes(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #ended(what: string): SyntaxFault {
    return new SyntaxFault(`EOF while parsing ${what}`, this.#text.length)
  }

  /** About the next byte, which is counted as taken. */
  #before(message: string): SyntaxFault {
    return new SyntaxFault(message, this.#at + 1)
  }

  #after(message: string): SyntaxFault {
    return new SyntaxFault(message, this.#at)
  }
}
