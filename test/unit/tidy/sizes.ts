import { dirname } from 'node:path'
import ts from 'typescript'
import { lineOf, parse, type Source, walk } from './source.ts'

const FILE_LINES_MAX = 300
const FUNCTION_LINES_MAX = 50
const LINE_CHARACTERS_MAX = 110
const PARAMETERS_MAX = 4
const FOLDER_FILES_MAX = 15

export function longFiles(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    return lines <= FILE_LINES_MAX
      ? []
      : [`${path}: ${lines} lines; at most ${FILE_LINES_MAX}: give a part of it a name and a file of its own`]
  })
}

export function longFunctions(files: readonly Source[]): string[] {
  return files.flatMap((file) =>
    functionsIn(file).flatMap((node) => {
      const start = lineOf(node)
      const lines = node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd()).line + 2 - start
      if (lines <= FUNCTION_LINES_MAX) return []
      const rule = `at most ${FUNCTION_LINES_MAX}: pull a step out of it`
      return [`${file.path}:${start}: function ${nameOf(node)} has ${lines} lines; ${rule}`]
    }),
  )
}

export function manyParameters(files: readonly Source[]): string[] {
  return files.flatMap((file) =>
    functionsIn(file).flatMap((node) => {
      const count = node.parameters.filter(({ name }) => name.getText() !== 'this').length
      if (count <= PARAMETERS_MAX) return []
      const rule = `at most ${PARAMETERS_MAX}: pass one object with named members`
      return [`${file.path}:${lineOf(node)}: function ${nameOf(node)} has ${count} parameters; ${rule}`]
    }),
  )
}

/** A long line is forgiven only where one text, or one piece of a text, is what makes it long. */
export function longLines(files: readonly Source[]): string[] {
  return files.flatMap((file) => {
    const long = file.text
      .split('\n')
      .flatMap((line, index) =>
        line.length <= LINE_CHARACTERS_MAX || endsInText(line) ? [] : [[index + 1, line.length] as const],
      )
    const inTexts = long.length > 0 ? linesInTexts(file) : new Set()
    return long
      .filter(([number]) => !inTexts.has(number))
      .map(
        ([number, length]) =>
          `${file.path}:${number}: ${length} characters; at most ${LINE_CHARACTERS_MAX}: break it`,
      )
  })
}

function endsInText(line: string): boolean {
  for (const { index, 0: literal } of line.matchAll(
    /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g,
  )) {
    const end = index + literal.length
    if (index < LINE_CHARACTERS_MAX && end >= LINE_CHARACTERS_MAX - 5)
      return /^[\s)\]},;:+]*$/.test(line.slice(end))
  }
  return false
}

/** Lines that end inside a text of several lines, such as a page or a program. */
function linesInTexts(file: Source): Set<number> {
  const found = new Set<number>()
  walk(parse(file), (node) => {
    if (!ts.isTemplateLiteralToken(node)) return
    const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd())
    for (let inside = lineOf(node) + 1; inside <= line; inside++) found.add(inside)
  })
  return found
}

export function fullFolders(files: readonly Source[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  return [...counts]
    .filter(([, count]) => count > FOLDER_FILES_MAX)
    .map(
      ([folder, count]) =>
        `${folder}: ${count} files; at most ${FOLDER_FILES_MAX}: make a folder for a part of them`,
    )
}

function functionsIn(file: Source): ts.SignatureDeclaration[] {
  const found: ts.SignatureDeclaration[] = []
  walk(parse(file), (node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) found.push(node)
  })
  return found
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  if (node.name !== undefined) return node.name.getText()
  const { parent } = node
  const named =
    ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
  return named ? parent.name.getText() : '(without a name)'
}
