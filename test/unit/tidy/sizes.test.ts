import { expect, it } from 'vitest'
import { fullFolders, longFiles, longFunctions, longLines, manyParameters } from './sizes.ts'

const file = (text: string, path = 'src/room/sample.ts') => [{ path, text }]

it('finds a file of 301 lines and accepts one of 300', () => {
  expect(longFiles(file('let a = 1\n'.repeat(301)))).toEqual([
    'src/room/sample.ts: 301 lines; at most 300: give a part of it a name and a file of its own',
  ])
  expect(longFiles(file('let a = 1\n'.repeat(300)))).toEqual([])
})

it('finds functions of more than 50 lines, in every form a function has', () => {
  const body = 'call()\n'.repeat(49)
  const text = `function plain() {\n${body}}\nconst arrow = () => {\n${body}}\nclass A {\n  method() {\n${body}}\n}\n`
  expect(longFunctions(file(text))).toEqual([
    'src/room/sample.ts:1: function plain has 51 lines; at most 50: pull a step out of it',
    'src/room/sample.ts:52: function arrow has 51 lines; at most 50: pull a step out of it',
    'src/room/sample.ts:104: function method has 51 lines; at most 50: pull a step out of it',
  ])
  expect(longFunctions(file(`function plain() {\n${'call()\n'.repeat(48)}}`))).toEqual([])
})

it('finds functions with more than four parameters, but not types of functions', () => {
  const text =
    'function five(a, b, c, d, e) {}\nfunction four(a, b, c, d) {}\ntype F = (a, b, c, d, e) => void'
  expect(manyParameters(file(text))).toEqual([
    'src/room/sample.ts:1: function five has 5 parameters; at most 4: pass one object with named members',
  ])
})

it('finds lines over 110 characters unless one text makes them long', () => {
  const words = 'word '.repeat(30)
  expect(longLines(file(`const a = 1\nconst b = ${'a + '.repeat(30)}a`))).toEqual([
    'src/room/sample.ts:2: 131 characters; at most 110: break it',
  ])
  expect(longLines(file(`    '${words}',`))).toEqual([])
  expect(longLines(file(`  '${words}' +\n  'end'`))).toEqual([])
  expect(longLines(file(`const page = \`\n${words}\n\``))).toEqual([])
  expect(longLines(file(`const page = \`\n\`.concat(${'a + '.repeat(30)}a)`))).toHaveLength(1)
  expect(
    longLines(file(`const long = '${words}'.trim().split(' ').map((word) => word.length)`)),
  ).toHaveLength(1)
  expect(longLines(file(`// ${words}`))).toHaveLength(1)
})

it('finds a folder with 16 files', () => {
  const files = Array.from({ length: 16 }, (_, index) => ({ path: `src/room/f${index}.ts`, text: '' }))
  expect(fullFolders(files)).toEqual(['src/room: 16 files; at most 15: make a folder for a part of them'])
  expect(fullFolders(files.slice(1))).toEqual([])
})
