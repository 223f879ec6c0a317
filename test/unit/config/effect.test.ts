import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configKeys } from '../../../src/config/keys.ts'

/* A key that nothing reads is a promise that nobody keeps. */

const program = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('config'))
  .map((path) => readFileSync(join('src', path), 'utf8'))
  .join('\n')

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** `search.mode` is read as `config.search.mode` or taken out of `config.search`. */
function isRead(path: string): boolean {
  const [name = '', section] = path.split('.').reverse().map(camel)
  if (section === undefined) return new RegExp(`[cC]onfig\\.${name}\\b`).test(program)
  if (program.includes(`${section}.${name}`)) return true
  const wholeSection = new RegExp(`[cC]onfig\\.${section}\\b(?!\\.)`).test(program)
  if (wholeSection && new RegExp(`\\b${name}\\b`).test(program)) return true
  return new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\} = (?:\\w+\\.)*${section}\\b`).test(program)
}

/** Their only values so far are refused or implied by config/rules.ts. */
const FOR_LATER = ['task_store.backend', 'task_store.url']

test('every key of the configuration is read somewhere in the program', () => {
  const unread = configKeys.filter((key) => !isRead(key.path)).map((key) => key.path)
  expect(unread).toEqual(FOR_LATER)
})
