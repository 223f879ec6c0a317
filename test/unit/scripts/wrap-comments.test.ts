import { expect, it } from 'vitest'
import { wrapComments } from '../../../scripts/wrap-comments.mjs'

const words = (count: number): string =>
  Array.from({ length: count }, (_, index) => `word${index % 10}`).join(' ')

it('leaves code and short comments alone', () => {
  const text = `// short\nconst text = '${words(30)}'\n/** short */\n`
  expect(wrapComments(text)).toBe(text)
})

it('moves words to the next line of the paragraph', () => {
  const text = `  // ${words(20)}\n  // and more\n  call()`
  const [first, second, third] = wrapComments(text).split('\n')
  expect(first).toBe(`  // ${words(17)}`)
  expect(second).toBe('  // word7 word8 word9 and more')
  expect(third).toBe('  call()')
})

it('makes a line of its own before code, tags and list entries', () => {
  expect(wrapComments(`// ${words(19)}\n// - entry`)).toBe(`// ${words(18)}\n// word8\n// - entry`)
  expect(wrapComments(` * ${words(19)}\n * @param a`)).toBe(` * ${words(18)}\n * word8\n * @param a`)
  expect(wrapComments(` * - ${words(19)}\n */`)).toBe(` * - ${words(17)}\n *   word7 word8\n */`)
})

it('opens a comment of one line', () => {
  expect(wrapComments(`  /** ${words(18)} */\n  call()`)).toBe(
    `  /**\n   * ${words(17)}\n   * word7\n   */\n  call()`,
  )
})

it('changes nothing the second time', () => {
  const once = wrapComments(`/** ${words(80)} */\n// ${words(50)}\n// ${words(30)}\n`)
  expect(wrapComments(once)).toBe(once)
  expect(Math.max(...once.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
})
