const SIMPLE: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  "'": "'",
  '"': '"',
  '\\': '\\',
  '/': '/',
}

/** After a backslash: hexadecimal in three forms, or octal up to 377. */
const NUMBERED =
  /^(?:u\{([0-9A-Fa-f]+)(?:\}|$)|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))|^([0-3][0-7]{0,2}|[4-7][0-7]?)/

const SCALAR_MAX = 0x10ffff

/** What a quoted text stands for; null when it has an escape that a node does not know. */
export function decoded(text: string): string | null {
  if (!text.includes('\\')) return text
  let out = ''
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at)
    if (letter !== '\\') {
      out += letter
      continue
    }
    const next = text.charAt(++at)
    const simple = SIMPLE[next]
    if (simple !== undefined) {
      out += simple
      continue
    }
    const found = NUMBERED.exec(text.slice(at))
    const scalar = found === null ? null : scalarOf(found)
    if (found === null || scalar === null) return null
    out += scalar
    at += found[0].length - 1
  }
  return out
}

function scalarOf([, braced, four, two, octal]: RegExpExecArray): string | null {
  const code =
    octal === undefined ? Number.parseInt(braced ?? four ?? two ?? '', 16) : Number.parseInt(octal, 8)
  const surrogate = code >= 0xd800 && code < 0xe000
  return code > SCALAR_MAX || surrogate ? null : String.fromCodePoint(code)
}
