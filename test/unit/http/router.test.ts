import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Router } from '../../../src/http/router.ts'
import type { Route } from '../../../src/model/call.ts'

const route = (method: string, template: string): Route => ({
  method,
  template,
  access: { kind: 'public' },
  handler: () => ({ status: 200 }),
})

const router = new Router([
  route('GET', '/'),
  route('GET', '/indexes/{uid}'),
  route('GET', '/indexes/{uid}/documents/{id}'),
  route('POST', '/indexes/{uid}/documents/fetch'),
  route('GET', '/indexes/{uid}/settings'),
  route('GET', '/{any}/documents/list/all'),
])

const match = (method: string, path: string) => {
  const found = router.match(
    method,
    path.split('/').filter((segment) => segment !== ''),
  )
  return found.kind === 'route' ? [found.route.template, { ...found.params }] : found.kind
}

describe('Router', () => {
  it('binds parameters by name', () => {
    expect(match('GET', '/')).toEqual(['/', {}])
    expect(match('GET', '/indexes/a')).toEqual(['/indexes/{uid}', { uid: 'a' }])
    expect(match('GET', '/indexes/a/documents/7')).toEqual([
      '/indexes/{uid}/documents/{id}',
      { uid: 'a', id: '7' },
    ])
  })

  it('prefers literals and never falls back because of the method', () => {
    expect(match('POST', '/indexes/a/documents/fetch')).toEqual([
      '/indexes/{uid}/documents/fetch',
      { uid: 'a' },
    ])
    expect(match('GET', '/indexes/a/documents/fetch')).toBe('wrong-method')
    expect(match('POST', '/indexes/a/documents/7')).toBe('wrong-method')
  })

  it('goes back to a parameter when the literal leads nowhere', () => {
    for (const any of ['indexes', 'x']) {
      expect(match('GET', `/${any}/documents/list/all`)).toEqual(['/{any}/documents/list/all', { any }])
    }
    expect(match('GET', '/indexes/documents/list/all/more')).toBe('unknown-path')
  })

  it('knows prefixes of routes as unknown paths', () => {
    expect(match('GET', '/indexes/a/documents')).toBe('unknown-path')
    expect(match('GET', '/nope')).toBe('unknown-path')
  })

  it('refuses a table with two equal routes', () => {
    expect(() => new Router([route('GET', '/a/{x}'), route('GET', '/a/{y}')])).toThrow('two routes')
  })

  it('finds what a scan of the table finds', () => {
    const part = fc.constantFrom('a', 'b', '{p}')
    const template = fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 })
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 8 }), path, (templates, segments) => {
        const found = new Router(templates.map((text) => route('GET', text))).match('GET', segments)
        const fitting = templates
          .filter((text) => fits(text, segments))
          .sort((left, right) => (rank(left) < rank(right) ? -1 : 1))
        expect(found.kind === 'route' ? found.route.template : undefined).toBe(fitting[0])
      }),
    )
  })
})

function fits(template: string, segments: readonly string[]): boolean {
  const parts = template.split('/').filter((part) => part !== '')
  return (
    parts.length === segments.length && parts.every((part, at) => part === '{p}' || part === segments[at])
  )
}

/** Literals before parameters, leftmost first. */
function rank(template: string): string {
  return template.replaceAll('{p}', '~')
}
