/** A value or an attribute in a filter expression, quoted so that a node reads just that. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** `"attribute" IN [...]`. Strings are equal as facets are, and numbers by value. */
export function isOneOf(attribute: string, values: readonly string[]): string {
  return `${quoted(attribute)} IN [${values.map(quoted).join(',')}]`
}

/** One element of the outer filter array: any of the expressions holds. */
export function anyOf(expressions: readonly string[]): string {
  return JSON.stringify(expressions.length === 1 ? expressions[0] : expressions)
}
