import type { Route } from '../model/call.ts'
import { assert } from '../std/assert.ts'

/** What the table says about a method and a path. */
export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'unknown-path' }
  | { readonly kind: 'wrong-method' }

interface Entry {
  readonly route: Route
  readonly names: readonly string[]
}

interface Branch {
  readonly literals: Map<string, Branch>
  parameter: Branch | null
  readonly methods: Map<string, Entry>
}

const UNKNOWN: Match = { kind: 'unknown-path' }
const WRONG_METHOD: Match = { kind: 'wrong-method' }
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({})

/**
 * Matches paths against the one route table. At every segment a literal wins over a parameter; the path alone
 * decides which entry is meant, so a wrong method on a literal never falls back to a parameter, as on a node.
 */
export class Router {
  readonly #root: Branch = newBranch()

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route)
  }

  match(method: string, segments: readonly string[]): Match {
    const values: string[] = []
    const branch = find(this.#root, segments, values)
    if (branch === null) return UNKNOWN
    const entry = branch.methods.get(method)
    if (entry === undefined) return WRONG_METHOD
    return { kind: 'route', route: entry.route, params: bind(entry.names, values) }
  }

  #add(route: Route): void {
    const names: string[] = []
    let branch = this.#root
    for (const part of route.template.split('/')) {
      if (part === '') continue
      const name = /^\{(\w+)\}$/.exec(part)?.[1]
      if (name === undefined) {
        branch = literalOf(branch, part)
      } else {
        names.push(name)
        branch.parameter ??= newBranch()
        branch = branch.parameter
      }
    }
    assert(!branch.methods.has(route.method), `two routes for ${route.method} ${route.template}`)
    branch.methods.set(route.method, { route, names })
  }
}

function newBranch(): Branch {
  return { literals: new Map(), parameter: null, methods: new Map() }
}

function literalOf(branch: Branch, part: string): Branch {
  const found = branch.literals.get(part)
  if (found !== undefined) return found
  const made = newBranch()
  branch.literals.set(part, made)
  return made
}

/** Depth first, literals first; `values` holds the parameters of the way taken. */
function find(branch: Branch, segments: readonly string[], values: string[], at = 0): Branch | null {
  const segment = segments[at]
  if (segment === undefined) return branch.methods.size > 0 ? branch : null
  const literal = branch.literals.get(segment)
  if (literal !== undefined) {
    const found = find(literal, segments, values, at + 1)
    if (found !== null) return found
  }
  if (branch.parameter === null) return null
  values.push(segment)
  const found = find(branch.parameter, segments, values, at + 1)
  if (found === null) values.pop()
  return found
}

function bind(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  if (names.length === 0) return NO_PARAMS
  // Without a prototype: a parameter may be called anything.
  const params: Record<string, string> = Object.create(null)
  names.forEach((name, position) => {
    params[name] = values[position] ?? ''
  })
  return params
}
