// @ts-check
// Part of npm run format: breaks comment lines that are too long, which the formatter leaves alone.
// Paths may be given; without any, everything of the project is looked at.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isProgram, root } from './run.mjs'

const LINE_CHARACTERS_MAX = 110
const FOLDERS = ['src', 'test', 'bench', 'scripts', 'assembly']
const LEFT_OUT = new Set(['node_modules', 'golden', 'data'])
const SOURCE = /\.(ts|mjs|cjs)$/

/**
 * @param {string} text
 * @returns {string}
 */
export function wrapComments(text) {
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (line.length <= LINE_CHARACTERS_MAX) continue
    const opened = openDocComment(line)
    if (opened === null) wrapLine(lines, index)
    else {
      lines.splice(index, 1, ...opened)
      index--
    }
  }
  return lines.join('\n')
}

/**
 * A long comment of one line between slashes and stars becomes one of three lines.
 * @param {string} line
 */
function openDocComment(line) {
  const parts = /^(\s*)(\/\*\*?) (.*?) ?\*\/$/.exec(line)
  if (parts === null) return null
  const [, indent = '', open = '', words = ''] = parts
  return [`${indent}${open}`, `${indent} * ${words}`, `${indent} */`]
}

/**
 * Moves the words that do not fit to the next line of the same paragraph, or to a line of their own.
 * @param {string[]} lines
 * @param {number} index
 */
function wrapLine(lines, index) {
  const line = lines[index] ?? ''
  const prefix = /^\s*(\/\/|\*(?!\/)) +/.exec(line)?.[0]
  if (prefix === undefined) return
  const space = line.lastIndexOf(' ', LINE_CHARACTERS_MAX)
  if (space <= prefix.length) return
  lines[index] = line.slice(0, space).trimEnd()
  const rest = line.slice(space + 1)
  const marker = /^(?:[-*] |\d+\. )/.exec(line.slice(prefix.length))?.[0] ?? ''
  const next = lines[index + 1] ?? ''
  const hanging = prefix + ' '.repeat(marker.length)
  const continues = next.startsWith(hanging) && /^(?!```)[^\s@*\-|\d]/.test(next.slice(hanging.length))
  if (continues) lines[index + 1] = `${hanging}${rest} ${next.slice(hanging.length)}`
  else lines.splice(index + 1, 0, hanging + rest)
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function sourcesBelow(path) {
  if (!statSync(path).isDirectory()) return SOURCE.test(path) ? [path] : []
  return readdirSync(path)
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => sourcesBelow(join(path, name)))
}

if (isProgram(import.meta.url)) {
  const given = process.argv.slice(2)
  const paths = given.length > 0 ? given : FOLDERS.map((folder) => join(root, folder))
  for (const file of paths.flatMap(sourcesBelow)) {
    const text = readFileSync(file, 'utf8')
    const wrapped = wrapComments(text)
    if (wrapped === text) continue
    writeFileSync(file, wrapped)
    console.log(`wrapped ${relative(root, file)}`)
  }
}
