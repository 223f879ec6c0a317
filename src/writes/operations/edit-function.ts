import { ERRORS, errorBody, fail, MiroirError } from '../../model/errors.ts'

/*
 * A client's function, wrapped so that it neither sees nor loses our fields (H23). They are taken out of the
 * document before it and put back behind it. `eval` ends at the function's `return` and cannot be left open
 * by an unfinished comment, but knows no definitions of functions or closures; those stand as they are, in
 * lines of their own, and then nothing in the text may skip what follows it.
 */

/** `exit()` would end the wrapper too. */
const EXIT = 'throw "exit() is not supported by this proxy, use return"'
const BEFORE = [
  `fn exit() { ${EXIT} } fn exit(value) { ${EXIT} }`,
  'const _miroir_s = doc.remove("_miroir_shard"); const _miroir_q = doc.remove("_miroir_seq");',
].join(' ')
const AFTER = 'if type_of(doc) == "map" { doc._miroir_shard = _miroir_s; doc._miroir_seq = _miroir_q; }'

const DEFINITION = /\bfn\b/
/** A bar where an expression begins; between operands it is an operator. */
const CLOSURE = /(?:^|[=(,[{;:?<>!&+\-*/%^]|\breturn\b|\bin\b)\s*\|/
const SKIPPING = /\breturn\b|\/\*|\bfn\s+exit\b/
const RESERVED = /_miroir_\w*/g
const EXPIRY = '_miroir_expires_at'

/** The function that nodes get. Throws for one that cannot be wrapped, or that names what is ours. */
export function wrapFunction(text: string): string {
  const reserved = text.match(RESERVED)?.find((name) => name !== EXPIRY)
  if (reserved !== undefined) throw reservedName(reserved)
  if (!DEFINITION.test(text) && !CLOSURE.test(text))
    return `${BEFORE} eval(${quoted(untrimmed(text))});\n${AFTER}`
  if (SKIPPING.test(text)) {
    const feature =
      'A function edit that defines functions or closures beside `return`, a block comment or `fn exit`'
    throw fail('miroir_unsupported', { feature })
  }
  return `${BEFORE}\n${text}\n;${AFTER}`
}

function reservedName(name: string): MiroirError {
  const message = `The function uses \`${name}\`; names beginning with \`_miroir_\` are reserved.`
  const code = 'miroir_reserved_field'
  return new MiroirError(ERRORS[code].status, { ...errorBody(code), message })
}

/** `eval` drops blanks at the start, which would move every place that an error names. */
function untrimmed(text: string): string {
  if (/^[\r\n]/.test(text)) return `;${text}`
  return /^\s/.test(text) ? `;${text.slice(1)}` : text
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quoted(text: string): string {
  return `"${text.replace(/["\\\n\r\t]/g, (character) => ESCAPES[character] ?? character)}"`
}

/** The frame of our own `eval`, in the first line of the wrapper. */
const OWN_FRAME = /\nin call to function 'eval' \(line 1, position \d+\)$/
const PLACE = /\(line (\d+), position/g

/** A node's words about a wrapped function as it would put them of the client's own. */
export function unwrappedWords(message: string): string {
  if (OWN_FRAME.test(message)) return message.replace(OWN_FRAME, '')
  return message.replace(PLACE, (_, line: string) => `(line ${Math.max(1, Number(line) - 1)}, position`)
}
