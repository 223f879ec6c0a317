/** Order of two strings by their UTF-8 bytes, as nodes sort; JavaScript's own order compares UTF-16 units. */
export function compareUtf8(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const left = one.charCodeAt(at)
    const right = other.charCodeAt(at)
    if (left !== right) return codePointRank(left) - codePointRank(right)
  }
  return one.length - other.length
}

/** Surrogates stand for code points above everything else of the first plane. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}
