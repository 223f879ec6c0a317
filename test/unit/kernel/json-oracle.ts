/*
 * A slow, obvious JSON parser over bytes that keeps the place of everything it reads. What it accepts is
 * checked against JSON.parse; what it refuses comes with the first byte that is wrong.
 */

export interface Member {
  readonly name: string
  /** The name as it is written, without quotes. */
  readonly written: string
  /** Of the quote before the name. */
  readonly start: number
  readonly value: Node
}

export interface Node {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'literal'
  readonly start: number
  readonly end: number
  /** Of an object, in the order of the text, repeated names included. */
  readonly members: readonly Member[]
  readonly elements: readonly Node[]
}

/** The text stops being JSON at `offset`. */
export class JsonFault extends Error {
  readonly fault: 'syntax' | 'truncated' | 'depth' | 'not-documents'
  readonly offset: number

  constructor(fault: JsonFault['fault'], offset: number) {
    super(`${fault} at ${offset}`)
    this.fault = fault
    this.offset = offset
  }
}

export class JsonReader {
  at = 0
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** The byte here as a character of one byte; empty at the end. */
  peek(): string {
    const byte = this.bytes[this.at]
    return byte === undefined ? '' : String.fromCharCode(byte)
  }

  space(): void {
    while (this.peek() !== '' && ' \n\r\t'.includes(this.peek())) this.at++
  }

  wrong(): never {
    throw new JsonFault(this.at >= this.bytes.length ? 'truncated' : 'syntax', this.at)
  }

  expect(character: string): void {
    if (this.peek() !== character) this.wrong()
    this.at++
  }

  value(depth: number): Node {
    const start = this.at
    const first = this.peek()
    const none = { members: [], elements: [] }
    if (first === '{' || first === '[') {
      if (depth > 128) throw new JsonFault('depth', start)
      return first === '{' ? this.object(depth) : this.array(depth)
    }
    if (first === '"') {
      this.string()
      return { kind: 'string', start, end: this.at, ...none }
    }
    const literal = ['true', 'false', 'null'].find((word) => word[0] === first)
    if (literal !== undefined) {
      for (const character of literal) this.expect(character)
      return { kind: 'literal', start, end: this.at, ...none }
    }
    this.number()
    return { kind: 'number', start, end: this.at, ...none }
  }

  object(depth: number): Node {
    const start = this.at++
    const members: Member[] = []
    this.space()
    while (this.peek() !== '}' || members.length > 0) {
      const nameStart = this.at
      const name = this.string()
      const written = Buffer.from(this.bytes.slice(nameStart + 1, this.at - 1)).toString()
      this.space()
      this.expect(':')
      this.space()
      members.push({ name, written, start: nameStart, value: this.value(depth + 1) })
      this.space()
      if (this.peek() === '}') break
      this.expect(',')
      this.space()
    }
    this.at++
    return { kind: 'object', start, end: this.at, members, elements: [] }
  }

  array(depth: number): Node {
    const start = this.at++
    const elements: Node[] = []
    this.space()
    while (this.peek() !== ']' || elements.length > 0) {
      elements.push(this.value(depth + 1))
      this.space()
      if (this.peek() === ']') break
      this.expect(',')
      this.space()
    }
    this.at++
    return { kind: 'array', start, end: this.at, members: [], elements }
  }

  string(): string {
    const start = this.at
    this.expect('"')
    while (this.peek() !== '"') {
      if (this.peek() === '' || this.peek() < ' ') this.wrong()
      if (this.peek() === '\\') this.escape()
      else this.at++
    }
    this.at++
    return JSON.parse(Buffer.from(this.bytes.slice(start, this.at)).toString()) as string
  }

  escape(): void {
    this.at++
    if (this.peek() === 'u') {
      this.at++
      for (let digit = 0; digit < 4; digit++) {
        if (!/^[0-9a-fA-F]$/.test(this.peek())) this.wrong()
        this.at++
      }
      return
    }
    if (this.peek() === '' || !'"\\/bfnrt'.includes(this.peek())) this.wrong()
    this.at++
  }

  number(): void {
    if (this.peek() === '-') this.at++
    if (this.peek() === '0') this.at++
    else this.digits()
    if (this.peek() === '.') {
      this.at++
      this.digits()
    }
    if (this.peek() === 'e' || this.peek() === 'E') {
      this.at++
      if (this.peek() === '+' || this.peek() === '-') this.at++
      this.digits()
    }
  }

  digits(): void {
    if (!/^\d$/.test(this.peek())) this.wrong()
    while (/^\d$/.test(this.peek())) this.at++
  }
}
