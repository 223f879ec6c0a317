import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CODE, FIELD, ORDERING } from '../../../src/kernel/abi.ts'

const read = (name: string): string =>
  readFileSync(new URL(`../../../assembly/${name}.ts`, import.meta.url), 'utf8')

/** `PREFIX_SOME_NAME: type = n` of a kernel file, as `{ someName: n }`. */
function constants(file: string, prefix: string): Record<string, number> {
  const found = read(file).matchAll(new RegExp(`const ${prefix}_([A-Z_]+): \\w+ = (-?\\d+)`, 'g'))
  return Object.fromEntries(
    Array.from(found, ([, name = '', value]) => [
      name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      Number(value),
    ]),
  )
}

it('numbers fields and codes as the kernels do', () => {
  expect(constants('control', 'FIELD')).toEqual(FIELD)
  expect(constants('control', 'CODE')).toEqual(CODE)
  expect(constants('answer', 'ORDERING')).toEqual(ORDERING)
})

it('keeps to what needs no allocation', () => {
  for (const name of [
    'answer',
    'control',
    'details',
    'gather',
    'hash',
    'index',
    'json',
    'keys',
    'order',
    'splice',
    'split',
  ]) {
    const code = read(name).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(code, name).not.toMatch(/\bnew\b|\bstring\b|\bArray<|^@/m)
  }
})
