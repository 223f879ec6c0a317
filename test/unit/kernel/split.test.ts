import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInlineKernel } from '../../../src/kernel/inline.ts'
import { isFault, type KernelFault, type SplitRequest } from '../../../src/kernel/kernel.ts'
import { kernelModule } from '../../../src/kernel/module.ts'
import { gatherOracle } from './gather-oracle.ts'
import { bodyText, change, changed, documentText, streamText, valueText } from './json-arbitrary.ts'
import { kernelOracle } from './kernel-oracle.ts'

const module = await kernelModule()
const whole = createInlineKernel(module)
const pieces = [
  createInlineKernel(module, { inputBytes: 16, rows: 1 }),
  createInlineKernel(module, { inputBytes: 37, rows: 3 }),
]

function plain(result: { rows?: Uint32Array } | KernelFault): unknown {
  return 'fault' in result ? result : Array.from(result.rows ?? [])
}

/** The kernel, in one piece and in many, says what the slow twin says; so do the bodies gathered from it. */
function check(request: SplitRequest): unknown {
  const expected = plain(kernelOracle.split(request) as KernelFault)
  for (const kernel of [whole, ...pieces]) {
    const result = kernel.split(request)
    expect(plain(result)).toEqual(expected)
    if (isFault(result)) continue
    const shards = new Set([0, 2, 5])
    for (const chosen of [null, shards]) {
      const gather = { body: request.body, rows: result.rows, shards: chosen, seq: 8_589_934_591 }
      const gathered = kernel.gather(gather)
      expect(gathered instanceof Uint8Array && Buffer.from(gathered).toString()).toBe(gatherOracle(gather))
    }
  }
  return expected
}

const primaryKey = fc.constantFrom('id', 'id', 'a.b', 'a', 'x.y.z', null)

describe('split against its slow twin', () => {
  it('agrees on valid bodies', () => {
    fc.assert(
      fc.property(bodyText, primaryKey, (text, key) => {
        JSON.parse(text)
        check({ body: Buffer.from(text), format: 'json', primaryKey: key, shards: 7 })
      }),
      { numRuns: 1000 },
    )
  })

  it('agrees on streams', () => {
    fc.assert(
      fc.property(streamText, primaryKey, (text, key) => {
        check({ body: Buffer.from(text), format: 'ndjson', primaryKey: key, shards: 7 })
      }),
      { numRuns: 400 },
    )
  })

  it('agrees on broken bodies, and with JSON.parse on whether they are broken', () => {
    fc.assert(
      fc.property(
        fc.oneof(bodyText, documentText),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (text, changes) => {
          const body = changes.reduce<Uint8Array>((bytes, one) => changed(bytes, one), Buffer.from(text))
          const result = check({ body, format: 'json', primaryKey: 'id', shards: 7 }) as
            | KernelFault
            | number[]
          if (!Array.isArray(result) && !['syntax', 'truncated'].includes(result.fault)) return
          expect(Array.isArray(result)).toBe(parses(body))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('agrees on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('json', 'ndjson'), (body, format) => {
        check({ body, format, primaryKey: 'id', shards: 7 })
      }),
      { numRuns: 400 },
    )
  })

  it('cuts a body at every place', () => {
    const body = Buffer.from(
      '[{"id":"é\\u00e9\\n","a":[1.5e-7,true,{"b":null}]},{"id":12,"_geo":{"lat":-0.5}}]',
    )
    for (let end = 0; end <= body.length; end++) {
      check({ body: body.subarray(0, end), format: 'json', primaryKey: 'id', shards: 7 })
      // a view into a larger buffer: what lies behind must not be read
      const behind = Buffer.concat([body.subarray(0, end), Buffer.from(']}"x')]).subarray(0, end)
      check({ body: behind, format: 'json', primaryKey: 'id', shards: 7 })
    }
  })
})

describe('values', () => {
  const accepts = (text: string): boolean =>
    !isFault(
      whole.split({ body: Buffer.from(`[{"v":${text}}]`), format: 'json', primaryKey: null, shards: 1 }),
    )

  it('accepts what JSON.parse accepts', () => {
    fc.assert(fc.property(valueText, (text) => accepts(text)))
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789+-.eE') }), (text) => {
        expect(accepts(text)).toBe(parses(Buffer.from(text)))
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\\"u0fFgG/bnt\n\u007f') }), (text) => {
        expect(accepts(`"${text}"`)).toBe(parses(Buffer.from(`"${text}"`)))
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ...['0', '-0', '0.0', '1e0', '1E-0', '1e+400', '-1.5e-300', '123456789012345678901234567890.5', '20e1'],
    ...[
      '-',
      '+1',
      '.5',
      '5.',
      '00',
      '-01',
      '1e',
      '1e+',
      '1.e1',
      '0x1',
      '1_0',
      'Infinity',
      '-Infinity',
      'NaN',
    ],
    ...['true', 'false', 'null', 'True', 'nul', 'nulll', 'truefalse', 'undefined', "'a'", 'a'],
    ...[
      '""',
      '"\\u0000"',
      '"\\ud800"',
      '"\\udc00\\ud800"',
      '"\u2028"',
      '"\u007f"',
      '"\uffff"',
      '"\t"',
      '"\u0000"',
    ],
    ...['"\\a"', '"\\"', '"\\u"', '"\\u00G0"', '"\\uD8"', '"\\U0041"', '"\\x41"', '"\\\u0000"', '"a', 'a"'],
    ...[
      '[]',
      '[[]]',
      '[1,]',
      '[,1]',
      '[1,,2]',
      '[1 2]',
      '[',
      ']',
      '[}',
      '[1}',
      '[""',
      '[-]',
      '[\u000c]',
      '[1\u00a0]',
    ],
    ...[
      '{}',
      '{"a":1,"a":1}',
      '{"a"}',
      '{"a":}',
      '{:1}',
      '{1:1}',
      '{a:1}',
      '{"a":1,}',
      '{,}',
      '{"a" "b"}',
      '{"a":1 "b":2}',
    ],
    ...['{"":0}', '{"\\u0000":1}', '{"a":/*c*/1}', '{"a":1}#', '{{}}', '{"a":{}', '{]', '{"a":1]'],
  ])('%j', (text) => {
    expect(accepts(text)).toBe(parses(Buffer.from(text)))
  })
})

describe('large bodies', () => {
  it('walks documents across many windows and one longer than any', () => {
    const documents = Array.from(
      { length: 3000 },
      (_, id) => `{"id":${id},"text":"${'é"'.repeat(id % 97).replaceAll('"', '\\"')}"}`,
    )
    documents.splice(1500, 0, `{"id":"giant","text":"${'x'.repeat(3_000_000)}"}`)
    const body = Buffer.from(`[${documents.join(',\n')}]`)
    const request = { body, format: 'json', primaryKey: 'id', shards: 64 } as const
    const result = whole.split(request)
    if (isFault(result)) throw new Error(result.fault)
    expect(result.documents).toBe(documents.length)
    const gathered = whole.gather({ body, rows: result.rows, shards: null, seq: 1 })
    if (isFault(gathered)) throw new Error(gathered.fault)
    const back = Buffer.from(gathered)
      .toString()
      .replaceAll(/"_miroir_shard":"[^"]*","_miroir_seq":"[^"]*",/g, '')
    expect(back === `[${documents.join(',')}]`).toBe(true)
  })

  it('counts no more documents than their numbers allow', () => {
    const body = Buffer.from('{}'.repeat(2 ** 21 + 1))
    const request = { body, format: 'ndjson', primaryKey: null, shards: 1 } as const
    expect(whole.split(request)).toEqual({ fault: 'too-many-documents', offset: 2 ** 22, input: 0 })
    expect(whole.split({ ...request, body: body.subarray(2) })).toMatchObject({ documents: 2 ** 21 })
  })
})

function parses(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString())
    return true
  } catch {
    return false
  }
}
