import { isUtf8 } from 'node:buffer'
import { type KernelFault, ROW_FLAG, type SplitRequest } from '../../../src/kernel/kernel.ts'
import { shardOracle } from './hash-oracle.ts'
import { JsonFault, JsonReader, type Member, type Node } from './json-oracle.ts'

/** One document as the kernel's rows tell it. */
export interface DocumentRow {
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number
  readonly shard: number
  readonly flags: number
}

/** The slow twin of `Kernel.split`. */
export function splitOracle(request: SplitRequest): DocumentRow[] | KernelFault {
  const { body } = request
  if (!isUtf8(body)) return { fault: 'utf8', offset: badCharacter(body), input: 0 }
  try {
    const documents = request.format === 'json' ? readJson(body) : readStream(body)
    return documents.map((document) => rowOf(document, request))
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    return { fault: error.fault, offset: error.offset, input: 0 }
  }
}

function badCharacter(body: Uint8Array): number {
  let at = 0
  for (;;) {
    const length = [1, 2, 3, 4].find(
      (size) => at + size <= body.length && isUtf8(body.subarray(at, at + size)),
    )
    if (length === undefined) return at
    at += length
  }
}

function readJson(body: Uint8Array): Node[] {
  const reader = new JsonReader(body)
  const documents: Node[] = []
  reader.space()
  if (reader.peek() === '[') {
    reader.at++
    reader.space()
    while (reader.peek() !== ']' || documents.length > 0) {
      documents.push(readDocument(reader))
      reader.space()
      if (reader.peek() === ']') break
      reader.expect(',')
      reader.space()
    }
    reader.at++
  } else {
    documents.push(readDocument(reader))
  }
  reader.space()
  if (reader.peek() !== '') reader.wrong()
  return documents
}

function readStream(body: Uint8Array): Node[] {
  const reader = new JsonReader(body)
  const documents: Node[] = []
  for (reader.space(); reader.peek() !== ''; reader.space()) documents.push(readDocument(reader))
  return documents
}

function readDocument(reader: JsonReader): Node {
  if (reader.peek() === '{') return reader.value(1)
  if (/^["[\-0-9tfn]$/.test(reader.peek())) throw new JsonFault('not-documents', reader.at)
  return reader.wrong()
}

function rowOf(document: Node, { body, primaryKey, shards }: SplitRequest): DocumentRow {
  const names = document.members.map((member) => member.name)
  let flags = names.length === 0 ? ROW_FLAG.empty : 0
  if (names.includes('_geo')) flags |= ROW_FLAG.geo
  if (names.includes('_vectors')) flags |= ROW_FLAG.vectors
  if (reserved(document, true)) flags |= ROW_FLAG.reserved
  const place = { start: document.start, end: document.end, keyStart: 0, keyEnd: 0, shard: 0 }
  if (primaryKey === null) return { ...place, flags }
  const keys = keysUnder(document, primaryKey)
  const last = keys.at(-1)
  if (last === undefined) return { ...place, flags: flags | ROW_FLAG.keyMissing }
  const key = keys.length > 1 ? null : keyText(Buffer.from(body.slice(last.start, last.end)).toString())
  const found = { ...place, keyStart: last.start, keyEnd: last.end }
  if (key === null) return { ...found, flags: flags | ROW_FLAG.keyInvalid }
  return { ...found, flags, shard: shardOracle(key, shards) }
}

function reserved(node: Node, isTop: boolean): boolean {
  return (
    node.elements.some((element) => reserved(element, false)) ||
    node.members.some(
      ({ name, value }) =>
        (name.startsWith('_miroir_') && !(isTop && name === '_miroir_expires_at')) || reserved(value, false),
    )
  )
}

function lastOfEachName(node: Node): Member[] {
  return [...new Map(node.members.map((member) => [member.name, member])).values()]
}

function keysUnder(node: Node, path: string): Node[] {
  return lastOfEachName(node).flatMap(({ name, value }) => {
    if (name === path) return [value]
    return path.startsWith(`${name}.`) ? keysUnder(value, path.slice(name.length + 1)) : []
  })
}

function keyText(token: string): string | null {
  if (token.startsWith('"')) {
    const value = JSON.parse(token) as string
    return value.length > 0 && value.length <= 511 && !/[^A-Za-z0-9_-]/.test(value) ? value : null
  }
  if (!/^-?\d+$/.test(token) || token === '-0') return null
  const number = BigInt(token)
  return number >= -(2n ** 63n) && number <= 2n ** 64n - 1n ? String(number) : null
}
