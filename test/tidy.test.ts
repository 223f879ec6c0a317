import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../src/model/errors.ts'
import { strayEffects } from './unit/tidy/effects.ts'
import { managedKernels } from './unit/tidy/kernels.ts'
import { leftovers } from './unit/tidy/marks.ts'
import { emptyNames } from './unit/tidy/names.ts'
import { brokenLinks, errorPageGaps } from './unit/tidy/pages.ts'
import { lockedAddresses, lockGaps, loosePins } from './unit/tidy/pins.ts'
import { fullFolders, longFiles, longFunctions, longLines, manyParameters } from './unit/tidy/sizes.ts'
import { root, source, sources } from './unit/tidy/source.ts'

/** The house's style, executed. The rules and their own tests are in test/unit/tidy. */

/**
 * Parsers of one grammar: a rule a function, all of them together or not understandable. Free of size rules.
 */
const ONE_GRAMMAR_PARSERS: readonly string[] = ['src/devnode/search/filter-parser.ts']

const program = sources('src', /\.ts$/)
const sized = program.filter(({ path }) => !ONE_GRAMMAR_PARSERS.includes(path))
const tests = sources('test', /\.ts$/)
const tools = [...sources('scripts', /\.(mjs|cjs|ts)$/), ...sources('bench', /\.ts$/)]
const kernels = sources('assembly', /\.ts$/)
const pages = [...sources('.', /^[^/]*$|\.md$/).filter(({ path }) => path.endsWith('.md'))]
const everything = [...program, ...tests, ...tools, ...kernels]

/** Fails with one finding a line instead of a diff. */
function expectNone(findings: readonly string[]): void {
  if (findings.length > 0) expect.fail(`\n${findings.join('\n')}\n`)
}

describe('sizes', () => {
  it('files are short', () => expectNone(longFiles([...sized, ...tests, ...tools])))
  it('functions are short', () => expectNone(longFunctions([...sized, ...tools])))
  it('lines are short', () => expectNone(longLines([...sized, ...tests, ...tools])))
  it('functions take few parameters', () => expectNone(manyParameters([...program, ...tools])))
  it('folders hold few files', () => expectNone(fullFolders([...program, ...tests, ...tools])))
})

describe('names and leftovers', () => {
  it('file names say what is inside', () => expectNone(emptyNames(everything.map(({ path }) => path))))
  it('nothing is left unfinished or silenced', () => {
    const rules = /^test\/unit\/tidy\//
    expectNone(leftovers([...everything, ...pages].filter(({ path }) => !rules.test(path))))
  })
})

describe('effects', () => {
  it('time, chance and the wire stay in their rooms', () => expectNone(strayEffects(program)))
  it('kernels allocate nothing', () => expectNone(managedKernels(kernels)))
})

describe('pages and packages', () => {
  it('links lead somewhere', () => expectNone(brokenLinks(pages, (path) => existsSync(join(root, path)))))
  it('docs/errors.md lists the errors of the program', () => {
    expectNone(errorPageGaps(source('docs/errors.md').text, ERRORS))
  })
  it('versions are exact', () => expectNone(loosePins(JSON.parse(source('package.json').text))))
  it('the lock file is complete', () => {
    expectNone(lockGaps(JSON.parse(source('package-lock.json').text)))
  })
  it('the lock file names no addresses', () => {
    expectNone(lockedAddresses(JSON.parse(source('package-lock.json').text)))
  })
})
