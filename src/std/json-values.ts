type JsonObject = Readonly<Record<string, unknown>>

/** The value of a JSON text, or `undefined` when it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

/** An own member; never one of the prototype's. */
export function memberOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/**
 * The object with a member set, or without it when the value is `undefined`. Keys such as `__proto__` stay
 * members.
 */
export function withMember(object: JsonObject, key: string, value: unknown): JsonObject {
  const others = Object.entries(object).filter(([name]) => name !== key || value !== undefined)
  if (value === undefined) return Object.fromEntries(others)
  if (!Object.hasOwn(object, key)) return Object.fromEntries([...others, [key, value]])
  return Object.fromEntries(others.map(([name, old]) => [name, name === key ? value : old]))
}

/** The text of an array with further elements behind its own, or in front of them. */
export function widenedArray(text: string, elements: readonly string[], where: 'front' | 'back'): string {
  const inner = text.slice(text.indexOf('[') + 1, text.lastIndexOf(']'))
  const own = inner.trim() === '' ? [] : [inner]
  return `[${(where === 'back' ? [...own, ...elements] : [...elements, ...own]).join(',')}]`
}

/**
 * Prints a double as a real node does: shortest digits, `.0` on whole numbers, signed exponent outside
 * 1e-5…1e16.
 */
export function printDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const sign = value < 0 ? '-' : ''
  const exponent = Number(exponentText)
  const digits = mantissa.replace('.', '')
  if (exponent < -5 || exponent >= 16) return `${sign}${mantissa}e${exponent < 0 ? '' : '+'}${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}
