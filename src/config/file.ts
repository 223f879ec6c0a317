import { readFileSync } from 'node:fs'
import { type Document, isAlias, isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { isTree, type Tree } from './origins.ts'
import type { ConfigProblem } from './problems.ts'

/** A configuration file of this size is a mistake. */
const FILE_BYTES_MAX = 4_194_304

export interface Place {
  readonly line: number
  readonly column: number
}

/** A parsed file that still knows where everything was written. */
export interface ConfigFile {
  readonly tree: Tree
  readonly problems: readonly ConfigProblem[]
  /** Place of a value (or of its name); of the nearest section around it when it is not written. */
  locate(path: readonly PropertyKey[], which: 'name' | 'value'): Place
}

/** Reads and parses one YAML file. Problems are values; the tree is empty when nothing could be used. */
export function readConfigFile(file: string): ConfigFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const write = 'write the path of a readable YAML file, or leave `--config` out to run on defaults'
    return unusable([{ at: file, key: '', wrong: `cannot be read (${reason})`, write }])
  }
  if (text.length > FILE_BYTES_MAX) {
    const wrong = `has ${text.length} characters, more than ${FILE_BYTES_MAX}`
    return unusable([{ at: file, key: '', wrong, write: 'write a configuration file instead' }])
  }
  return parseConfigText(file, text)
}

function parseConfigText(file: string, text: string): ConfigFile {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, merge: false })
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems = document.errors.map((error): ConfigProblem => {
    const { line, column } = place(error.pos[0])
    return { at: `${file}:${line}:${column}`, key: '', ...syntaxWording(error.code, error.message) }
  })
  if (problems.length > 0) return unusable(problems)
  const locate: ConfigFile['locate'] = (path, which) => place(offsetOf(document, path, which))
  const value = toTree(document)
  if (value === null) return { tree: {}, problems: [], locate }
  if (isTree(value)) return { tree: value, problems: [], locate }
  const problem =
    value === undefined
      ? {
          wrong: 'aliases repeat too much of the file',
          write: 'write the values themselves instead of `*aliases`',
        }
      : {
          wrong: 'the file holds no keys at its top level',
          write: 'write lines such as `shards: 64` instead',
        }
  return unusable([{ at: `${file}:1:1`, key: '', ...problem }])
}

/** Null for an empty file; undefined when aliases make it too large to expand. */
function toTree(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null
  } catch {
    return undefined
  }
}

function unusable(problems: readonly ConfigProblem[]): ConfigFile {
  return { tree: {}, problems, locate: () => ({ line: 1, column: 1 }) }
}

function syntaxWording(code: string, message: string): { wrong: string; write: string } {
  const plain = message.split('\n')[0] ?? message
  switch (code) {
    case 'DUPLICATE_KEY':
      return { wrong: 'this key is written twice', write: 'write it once' }
    case 'TAB_AS_INDENT':
      return { wrong: 'a tab is used as indentation', write: 'write spaces instead' }
    case 'BAD_INDENT':
      return { wrong: `the indentation is wrong (${plain})`, write: 'write two spaces per level instead' }
    case 'MULTIPLE_DOCS':
      return { wrong: 'the file holds several documents', write: 'write one, without `---` in the middle' }
    default:
      return {
        wrong: `is not valid YAML (${plain})`,
        write: 'write `key: value` with a space after the colon',
      }
  }
}

/** Walks the syntax tree along the path as far as it goes. */
function offsetOf(document: Document, path: readonly PropertyKey[], which: 'name' | 'value'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, step] of path.entries()) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, step)
    if (child === null) break
    const wantsName = which === 'name' && index === path.length - 1
    const written = isNode(child.value) && child.value.range?.[0] !== child.value.range?.[1]
    offset = startOf(wantsName || !written ? child.name : child.value) ?? offset
    node = child.value
  }
  return offset
}

function childOf(node: unknown, step: PropertyKey): { name: unknown; value: unknown } | null {
  if (isSeq(node)) {
    const item = node.items[Number(step)]
    return item === undefined ? null : { name: item, value: item }
  }
  if (!isMap(node)) return null
  const pair = node.items.find(({ key }) => scalarText(key) === String(step))
  return pair === undefined ? null : { name: pair.key, value: pair.value }
}

function scalarText(key: unknown): string {
  return isNode(key) && 'value' in key ? String(key.value) : String(key)
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}
