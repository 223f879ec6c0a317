/** A place where text stops being JSON, described in the words of the parser that real nodes use. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
  readonly detail: string

  constructor(detail: string, source: string, at: number) {
    super(`${detail} at ${position(source, at)}`)
    this.detail = detail
  }
}

function position(source: string, at: number): string {
  const end = Math.min(at, source.length)
  let line = 1
  let start = 0
  for (let next = source.indexOf('\n'); next !== -1 && next < end; next = source.indexOf('\n', next + 1)) {
    line++
    start = next + 1
  }
  return `line ${line} column ${Buffer.byteLength(source.slice(start, end))}`
}

const QUOTE = 34
const BACKSLASH = 92
const DEPTH_MAX = 128
const ESCAPES = new Set([34, 92, 47, 98, 102, 110, 114, 116])

/** Walks JSON text without building values, so that documents keep their own spelling. */
export class JsonScanner {
  readonly source: string
  at: number
  #depth = 0

  constructor(source: string, at = 0) {
    this.source = source
    this.at = at
  }

  /** Moves past white space and returns the next character code, NaN at the end. */
  peek(): number {
    const { source } = this
    for (;;) {
      const code = source.charCodeAt(this.at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code
      this.at++
    }
  }

  fault(detail: string, at = this.at + 1): JsonFault {
    return new JsonFault(detail, this.source, at)
  }

  /** Checks one value and moves behind it. */
  skipValue(): void {
    const code = this.peek()
    if (Number.isNaN(code)) throw this.fault('EOF while parsing a value', this.at)
    if (code === QUOTE) this.skipString()
    else if (code === 123) this.eachMember(() => this.skipValue())
    else if (code === 91) this.eachElement(() => this.skipValue())
    else if (code === 45 || isDigit(code)) this.skipNumber()
    else if (code === 116) this.#skipWord('true')
    else if (code === 102) this.#skipWord('false')
    else if (code === 110) this.#skipWord('null')
    else throw this.fault('expected value')
  }

  /** Calls `visit` with the raw key (quotes included) and the scanner before each member's value. */
  eachMember(visit: (rawKey: string) => void): void {
    this.#enter()
    let first = true
    for (;;) {
      const code = this.peek()
      if (Number.isNaN(code)) throw this.fault('EOF while parsing an object', this.at)
      if (code === 125 && first) break
      if (!first) {
        if (code === 125) break
        if (code !== 44) throw this.fault('expected `,` or `}`')
        this.at++
        if (this.peek() === 125) throw this.fault('trailing comma')
      }
      if (Number.isNaN(this.peek())) throw this.fault('EOF while parsing a value', this.at)
      if (this.peek() !== QUOTE) throw this.fault('key must be a string')
      const start = this.at
      this.skipString()
      const key = this.source.slice(start, this.at)
      const colon = this.peek()
      if (Number.isNaN(colon)) throw this.fault('EOF while parsing an object', this.at)
      if (colon !== 58) throw this.fault('expected `:`')
      this.at++
      this.peek()
      visit(key)
      first = false
    }
    this.#leave()
  }

  /** Calls `visit` with the scanner before each element. */
  eachElement(visit: () => void): void {
    this.#enter()
    let first = true
    for (;;) {
      const code = this.peek()
      if (Number.isNaN(code)) throw this.fault('EOF while parsing a list', this.at)
      if (code === 93) break
      if (!first) {
        if (code !== 44) throw this.fault('expected `,` or `]`')
        this.at++
        if (this.peek() === 93) throw this.fault('trailing comma')
      }
      visit()
      first = false
    }
    this.#leave()
  }

  skipString(): void {
    const { source } = this
    this.at++
    for (;;) {
      const code = source.charCodeAt(this.at)
      if (code === QUOTE) break
      if (Number.isNaN(code)) throw this.fault('EOF while parsing a string', this.at)
      if (code < 32) {
        const detail = 'control character (\\u0000-\\u001F) found while parsing a string'
        throw this.fault(detail, this.at)
      }
      if (code === BACKSLASH) this.#skipEscape()
      this.at++
    }
    this.at++
  }

  #skipEscape(): void {
    const code = this.source.charCodeAt(++this.at)
    if (Number.isNaN(code)) throw this.fault('EOF while parsing a string', this.at)
    if (ESCAPES.has(code)) return
    if (code !== 117) throw this.fault('invalid escape')
    for (let digit = 0; digit < 4; digit++) {
      const next = this.source.charAt(++this.at)
      if (next === '') throw this.fault('EOF while parsing a string', this.at)
      if (!/[0-9a-fA-F]/.test(next)) throw this.fault('invalid escape')
    }
  }

  skipNumber(): void {
    const { source } = this
    if (source.charCodeAt(this.at) === 45) this.at++
    if (source.charCodeAt(this.at) === 48) {
      this.at++
      if (isDigit(source.charCodeAt(this.at))) throw this.fault('invalid number')
    } else this.#skipDigits()
    if (source.charCodeAt(this.at) === 46) {
      this.at++
      this.#skipDigits()
    }
    if ((source.charCodeAt(this.at) | 32) === 101) {
      this.at++
      const sign = source.charCodeAt(this.at)
      if (sign === 43 || sign === 45) this.at++
      this.#skipDigits()
    }
  }

  #skipDigits(): void {
    const { source } = this
    const start = this.at
    while (isDigit(source.charCodeAt(this.at))) this.at++
    if (this.at > start) return
    if (this.at >= source.length) throw this.fault('EOF while parsing a value', this.at)
    throw this.fault('invalid number')
  }

  #skipWord(word: string): void {
    for (let index = 1; index < word.length; index++) {
      const found = this.source.charAt(this.at + index)
      if (found === '') throw this.fault('EOF while parsing a value', this.at + index)
      if (found !== word.charAt(index)) throw this.fault('expected ident', this.at + index + 1)
    }
    this.at += word.length
  }

  #enter(): void {
    this.at++
    if (++this.#depth > DEPTH_MAX) throw this.fault('recursion limit exceeded', this.at)
  }

  #leave(): void {
    this.at++
    this.#depth--
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
