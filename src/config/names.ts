/** `a_b_c` → `aBC`, for types. */
type CamelName<Name> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelName<Tail>>}`
  : Name

/** A value with every object key, at any depth, in camel case and read-only. */
export type Camel<Value> = Value extends readonly (infer Item)[]
  ? readonly Camel<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value as CamelName<Key> & string]: Camel<Value[Key]> }
    : Value

/** The file speaks `node_timeout_ms`, the program `nodeTimeoutMs`. */
export function camelKeys<Value>(value: Value): Camel<Value> {
  return rename(value) as Camel<Value>
}

function rename(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rename)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [camelName(key), rename(member)]))
}

function camelName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
