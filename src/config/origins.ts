/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'argument'; readonly argument: string }

export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`
    case 'environment':
      return `environment ${origin.variable}`
    case 'argument':
      return origin.argument
  }
}

/** Plain objects, lists and scalars as read from YAML or JSON. */
export type Tree = Record<string, unknown>

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One value of the environment or the command line, at its dotted path. */
export interface Setting {
  readonly path: string
  readonly value: unknown
  readonly origin: Origin
}

/**
 * Sets a value at a dotted path, making sections on the way. A scalar in the way stays: validation reports
 * it.
 */
export function setAt(tree: Tree, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop()
  if (last === undefined) return
  let section = tree
  for (const name of names) {
    const found = section[name]
    if (found !== undefined && !isTree(found)) return
    const next = found ?? {}
    section[name] = next
    section = next
  }
  section[last] = value
}

export function getAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let found = tree
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)]
    else if (isTree(found) && Object.hasOwn(found, String(step))) found = found[String(step)]
    else return undefined
  }
  return found
}
