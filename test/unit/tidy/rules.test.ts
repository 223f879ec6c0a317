import { expect, it } from 'vitest'
import { strayEffects } from './effects.ts'
import { managedKernels } from './kernels.ts'
import { leftovers } from './marks.ts'
import { emptyNames } from './names.ts'
import { brokenLinks, errorPageGaps } from './pages.ts'
import { lockedAddresses, lockGaps, loosePins } from './pins.ts'

const file = (text: string, path = 'src/room/sample.ts') => [{ path, text }]

it('finds names that say nothing', () => {
  const paths = [
    'src/room/utils.ts',
    'src/room/task-manager.ts',
    'src/common/a.ts',
    'src/room/index.ts',
    'src/types.ts',
  ]
  expect(emptyNames(paths)).toHaveLength(5)
  expect(emptyNames(['src/room/utils.ts'])[0]).toContain('`utils` says nothing')
  expect(emptyNames(['assembly/index.ts', 'src/room/index-view.ts', 'src/room/task-types.ts'])).toEqual([])
})

it('finds what was left behind', () => {
  const text = [
    '// TO' + 'DO later',
    "it.only('a')",
    "it.skip('b')",
    '// needs a real node',
    "it.skip('c')",
  ].join('\n')
  expect(leftovers(file(text))).toEqual([
    'src/room/sample.ts:1: TO' + 'DO: finish it, or write down what is missing in docs/',
    'src/room/sample.ts:2: .only silences every other test of the file: take it away',
    'src/room/sample.ts:3: .skip without a reason: say why in a comment on the line above',
  ])
})

it('finds time, chance and the wire outside their rooms', () => {
  const text = [
    "import { createServer } from 'node:http'",
    "import type { Server } from 'node:http'",
    'const a = Date.now() + performance.now() + Math.random()',
    'setTimeout(() => fetch("http://a"), 5)',
    'const b = new Date()',
    'const c = new Date(5)',
    'const d = { fetch: 1, setTimeout() {} }',
    'd.fetch; d.setTimeout()',
    'globalThis.setInterval(() => {}, 1)',
    'const later = setTimeout',
  ].join('\n')
  const found = strayEffects(file(text)).map((finding) =>
    finding.replace(/^[^:]*:(\d+: \S+( Date\(\))?).*$/, '$1'),
  )
  expect(found).toEqual([
    '1: node:http',
    '3: Date.now',
    '3: performance.now',
    '3: Math.random',
    '4: setTimeout',
    '4: fetch',
    '5: new Date()',
    '9: setInterval',
    '10: setTimeout',
  ])
  expect(strayEffects(file('Date.now()', 'src/std/clock.ts'))).toEqual([])
  expect(strayEffects(file("import net from 'node:net'", 'src/nodes/sockets.ts'))).toEqual([])
})

it('finds managed memory in kernels, but not in their comments', () => {
  const text =
    '// a new string\nconst a = new Window()\nlet b: Array<u8>\nlet c: string\n/* new\n */ let d: StaticArray<u8>\n@inline\n'
  expect(managedKernels(file(text, 'assembly/a.ts')).map((finding) => finding.split(':')[1])).toEqual([
    '2',
    '3',
    '4',
    '7',
  ])
})

it('finds links that lead nowhere', () => {
  const pages = [
    {
      path: 'README.md',
      text: '# A\n[a](docs/a.md) [b](docs/b.md#no) [c](#a) [d](https://x.y)\n```\n[e](none)\n```',
    },
    { path: 'docs/b.md', text: '## `miroir_x`: yes\n[up](../README.md#a) [x](#miroir_x-yes)' },
  ]
  expect(brokenLinks(pages, (path) => path === 'README.md' || path === 'docs/b.md')).toEqual([
    'README.md:2: docs/a.md: there is no docs/a.md',
    'README.md:2: docs/b.md#no: docs/b.md has no heading #no',
  ])
})

it('finds differences between the page and the table of errors', () => {
  const table = {
    miroir_a: { status: 400, type: 'x' },
    miroir_b: { status: 500, type: 'y' },
    other: { status: 1, type: 'z' },
  }
  const page = '# Errors\n## miroir_a\nStatus 400, type `x`.\n**Means:** a **What to do:** b\n## miroir_c\n'
  expect(errorPageGaps(page, table)).toEqual([
    'docs/errors.md: write a section `## miroir_b`: what it means and what to do',
    'docs/errors.md: miroir_c is not in src/model/errors.ts any more',
  ])
  expect(errorPageGaps(page.replace('400', '401'), { miroir_a: table.miroir_a })).toEqual([
    'docs/errors.md: miroir_a: write `Status 400, type `x`.`',
    'docs/errors.md: miroir_c is not in src/model/errors.ts any more',
  ])
})

it('finds ranges of versions and addresses in the lock file', () => {
  const dependencies = { a: '^1.0.0', b: '1.0.0', c: 'npm:@x/y@1.0.0-rc.1', d: 'latest', e: 'github:x/y' }
  expect(loosePins({ dependencies }).map((finding) => finding.split(':')[1]?.trim())).toEqual(['a', 'd', 'e'])
  expect(
    lockedAddresses({ packages: { '': {}, 'node_modules/a': { resolved: 'https://x/a.tgz' } } }),
  ).toHaveLength(1)
})

it('finds dependencies that the lock file forgot', () => {
  const packages = {
    '': { dependencies: { a: '1.0.0' } },
    'node_modules/a': {
      dependencies: { b: '1.0.0', c: '1.0.0' },
      optionalDependencies: { 'd-win32': '1.0.0' },
    },
    'node_modules/a/node_modules/b': { dependencies: { c: '1.0.0' } },
    'node_modules/c': {},
  }
  expect(lockGaps({ packages })).toEqual([
    'package-lock.json: node_modules/a: its dependency d-win32 has no entry, so `npm ci` will fail',
  ])
})
