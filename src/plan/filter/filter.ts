/** A field name or a value, decoded. */
export interface Word {
  readonly text: string
  /** Place in the source in UTF-16 units, quotes included. */
  readonly start: number
  readonly end: number
}

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<='

interface Span {
  readonly start: number
  readonly end: number
}

interface Condition extends Span {
  readonly field: Word
}

/** `not` as part of an operator, such as `NOT IN`. */
interface Negatable extends Condition {
  readonly negated: boolean
}

/** A filter expression. Chains of one operator are one node; parentheses leave no trace. */
export type Filter =
  | (Span & { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] })
  | (Span & { readonly kind: 'not'; readonly part: Filter })
  | (Condition & { readonly kind: 'compare'; readonly operator: Comparison; readonly value: Word })
  | (Condition & { readonly kind: 'between'; readonly from: Word; readonly to: Word })
  | (Negatable & { readonly kind: 'in'; readonly values: readonly Word[] })
  | (Negatable & { readonly kind: 'contains' | 'startsWith'; readonly value: Word })
  | (Negatable & { readonly kind: 'exists' | 'null' | 'empty' })
  /** Latitude, longitude, metres and perhaps a resolution, as written. */
  | (Span & { readonly kind: 'geoRadius'; readonly numbers: readonly string[] })
  /** Pairs of latitude and longitude, as written: two corners, or three points and more. */
  | (Span & {
      readonly kind: 'geoBoundingBox' | 'geoPolygon'
      readonly points: readonly (readonly [latitude: string, longitude: string])[]
    })

/** Why a text is no filter, and where. */
export interface Broken {
  readonly reason: string
  readonly at: number
}
