import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

export const root = join(import.meta.dirname, '../../..')

/** A text of the project; `path` is relative to the root, with forward slashes. */
export interface Source {
  readonly path: string
  readonly text: string
}

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', '.git', 'golden', 'data', 'sample'])

/** Every file below a folder whose name matches, sorted by path. */
export function sources(folder: string, pattern: RegExp): Source[] {
  return paths(join(root, folder))
    .filter((path) => pattern.test(path))
    .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
}

export function source(path: string): Source {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

function paths(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.has(name))
    .flatMap((entry) => (entry.isDirectory() ? paths(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()
}

export function parse({ path, text }: Source): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

/** Calls `visit` for a node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** First line of a node, from 1, without the comment above it. */
export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile()
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
}
