/** Letters that nodes write as others before they compare words. */
const LETTERS: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  '’': "'",
  '‘': "'",
  ة: 'ه',
  ى: 'ي',
}
const REPLACED = /[æœ’‘ةى]/g
/** Accents, but for those that make other letters of Cyrillic ones (й, ё). */
const ACCENTS = /(?<!\p{Script=Cyrillic}\p{Mn}*)\p{Mn}/gu

/**
 * What a node looks values of a facet up by, from their normalised form. Measured on a node for ten scripts;
 * values that mix scripts may be written otherwise there.
 */
export function wordForm(key: string): string {
  return key.replace(ACCENTS, '').replace(REPLACED, (letter) => LETTERS[letter] ?? letter)
}
