/** A request target taken apart. */
export interface Target {
  /** Decoded, duplicate and trailing slashes removed. */
  readonly path: string
  /** Decoded; a segment may contain `/` when the client encoded one. */
  readonly segments: readonly string[]
  /** Raw text after `?`. */
  readonly query: string
}

// Controls, space, fragment, DEL, and the mark a decoder leaves for bytes that are not UTF-8.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0020\u007f#\ufffd]/

/**
 * Takes an origin-form target apart, or answers null: another form, a fragment, dot segments, broken percent
 * or UTF-8 encoding. Dot segments are never resolved, because whoever checked the path before us may have.
 */
export function parseTarget(target: string): Target | null {
  if (target.charCodeAt(0) !== 0x2f || FORBIDDEN.test(target)) return null
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  const segments: string[] = []
  for (const raw of rawPath.split('/')) {
    if (raw === '') continue
    const segment = decodeSegment(raw)
    if (segment === null || segment === '.' || segment === '..') return null
    segments.push(segment)
  }
  return { path: `/${segments.join('/')}`, segments, query }
}

function decodeSegment(raw: string): string | null {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return null
  }
}

/** Node hands out targets as latin-1; they are meant as UTF-8. */
export function targetFromLatin1(target: string): string {
  for (let at = 0; at < target.length; at++) {
    if (target.charCodeAt(at) > 0x7f) return Buffer.from(target, 'latin1').toString('utf8')
  }
  return target
}
