/** `type/subtype`, with parameters that are well formed. */
const MEDIA_TYPE = /^([^\s/;,]+\/[^\s/;,]+)\s*(?:;\s*[^\s=;]+=(?:"[^"]*"|[^\s";]+)\s*)*;?$/

/** What a Content-Type header names, without parameters and in lower case; null when it is malformed. */
export function mediaType(header: string): string | null {
  return MEDIA_TYPE.exec(header.trim())?.[1]?.toLowerCase() ?? null
}
