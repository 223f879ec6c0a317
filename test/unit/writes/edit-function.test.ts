import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unwrappedWords, wrapFunction } from '../../../src/writes/operations/edit-function.ts'

/** The client's text inside the wrapper, read back from the literal that `eval` gets. */
function evaluated(wrapped: string): string | null {
  const literal = /eval\("((?:[^"\\]|\\.)*)"\);\n/s.exec(wrapped)?.[1]
  if (literal === undefined) return null
  const names: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
  return literal.replace(/\\(.)/gs, (_, character: string) => names[character] ?? character)
}

describe('wrapping a function', () => {
  it('takes our fields out before and puts them back behind', () => {
    const wrapped = wrapFunction('doc.x = 1; return;')
    const [before = '', after = ''] = wrapped.split(' eval("doc.x = 1; return;");\n')
    for (const name of ['_miroir_shard', '_miroir_seq']) {
      expect(before).toContain(`doc.remove("${name}")`)
      expect(after).toContain(`doc.${name} = `)
    }
    expect(before.split('\n')).toHaveLength(1)
  })

  it('hands any text to eval as it was, but for a blank at its start', () => {
    const plain = fc.string({ unit: 'binary' }).filter((text) => !/\bfn\b|\||_miroir_|^\s/.test(text))
    fc.assert(
      fc.property(plain, (text) => {
        expect(evaluated(wrapFunction(text))).toBe(text)
      }),
    )
    expect(evaluated(wrapFunction('\n throw 1'))).toBe(';\n throw 1')
    expect(evaluated(wrapFunction('  throw 1'))).toBe('; throw 1')
  })

  it('leaves definitions where the script begins', () => {
    for (const text of [
      'fn f(x) { x } doc.y = f(1)',
      'let g = |x| x + 1; doc.y = g.call(1)',
      'doc.f = || 5',
    ]) {
      const wrapped = wrapFunction(text)
      expect([evaluated(wrapped), wrapped.split('\n')[1]]).toEqual([null, text])
    }
    expect(evaluated(wrapFunction('if a || b { doc.x = 5 | 2 }'))).not.toBeNull()
  })

  it.each(['fn f(x) { return x }', 'fn f() { 1 } /* open', 'fn exit() { 3 }', 'let f = |x| x; return'])(
    'refuses %s, behind which nothing might be run',
    (text) => {
      expect(() => wrapFunction(text)).toThrow(expect.objectContaining({ status: 400 }))
    },
  )

  it('refuses names of ours, but for the one that is the clients', () => {
    expect(() => wrapFunction('doc._miroir_shard = 1')).toThrow(
      'The function uses `_miroir_shard`; names beginning with `_miroir_` are reserved.',
    )
    expect(evaluated(wrapFunction('doc._miroir_expires_at = 1'))).not.toBeNull()
  })
})

describe('words about a wrapped function', () => {
  it('lose the frame of our own eval', () => {
    const inner = 'Runtime error: bad (line 3, position 1)'
    expect(unwrappedWords(`${inner}\nin call to function 'eval' (line 1, position 94)`)).toBe(inner)
  })

  it('count lines from where the client began', () => {
    expect(
      unwrappedWords("Runtime error: x (line 2, position 4)\nin call to function 'f' (line 4, position 9)"),
    ).toBe("Runtime error: x (line 1, position 4)\nin call to function 'f' (line 3, position 9)")
    expect(unwrappedWords('Division by zero: 1 / 0')).toBe('Division by zero: 1 / 0')
  })
})
