/** Parses a canonical value for indexing only; what is printed is always the stored text. */
export function parseValue(text: string): unknown {
  return JSON.parse(text)
}

/**
 * Calls `visit` for every value that a dotted attribute reaches in a document, through objects and arrays.
 */
export function eachReached(
  members: { readonly names: readonly string[]; readonly values: readonly string[] },
  attribute: string,
  visit: (value: unknown) => void,
): void {
  const { names, values } = members
  for (let index = 0; index < names.length; index++) {
    const name = names[index]
    if (name === undefined || !attribute.startsWith(name)) continue
    const rest = attribute.slice(name.length)
    if (rest !== '' && !rest.startsWith('.')) continue
    const value = parseValue(values[index] ?? 'null')
    if (rest === '') visit(value)
    else reach(value, rest.slice(1), visit)
  }
}

function reach(value: unknown, path: string, visit: (value: unknown) => void): void {
  if (Array.isArray(value)) {
    for (const element of value) reach(element, path, visit)
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === path) visit(inner)
    else if (path.startsWith(`${key}.`)) reach(inner, path.slice(key.length + 1), visit)
  }
}
