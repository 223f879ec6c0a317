const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|\s+/g
const INTEGER_MAX = 2n ** 64n - 1n
const INTEGER_MIN = -(2n ** 63n)

/** Kind of a JSON value in error texts of nodes. */
export function kindOf(value: string): string {
  switch (value[0]) {
    case '"':
      return 'a string'
    case '{':
      return 'an object'
    case '[':
      return 'an array'
    case 't':
    case 'f':
      return 'a boolean'
    case 'n':
      return 'null'
    default:
      return isInteger(value)
        ? value.startsWith('-')
          ? 'a negative integer'
          : 'a positive integer'
        : 'a number'
  }
}

/** A JSON text as nodes quote it: without space, numbers and strings in their form. */
export function quoted(value: string): string {
  return value.replace(TOKEN, (token) => {
    if (token[0] === '"') return JSON.stringify(JSON.parse(token))
    return token.trim() === '' ? '' : numberText(token)
  })
}

/** A number's text on a node: integers of 64 bits as they are, all others as doubles. */
export function numberText(token: string): string {
  if (isInteger(token)) return token
  const value = Number(token)
  const [digits = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const exponent = Number(exponentText)
  const sign = token.startsWith('-') ? '-' : ''
  const significant = digits.replace('.', '')
  if (exponent >= 16 || (exponent < -5 && value !== 0))
    return `${sign}${digits}e${exponent > 0 ? '+' : ''}${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = significant.slice(exponent + 1)
  return `${sign}${whole}.${fraction === '' ? '0' : fraction}`
}

function isInteger(token: string): boolean {
  if (!/^-?[0-9]+$/.test(token) || token === '-0') return false
  const value = BigInt(token)
  return value >= INTEGER_MIN && value <= INTEGER_MAX
}
