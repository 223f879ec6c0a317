import type { DevIndex } from '../../engine/dev-index.ts'
import { refuse, refuseSwitchedOff } from '../../http/refusal.ts'
import {
  expectArray,
  expectNumber,
  expectObject,
  expectString,
  inside,
  type Spot,
  unknownName,
  wrongValue,
} from '../../http/shape.ts'

export interface HybridOptions {
  readonly embedder: string
  readonly semanticRatio: number
}

/** The members of a search that have to do with vectors. */
interface VectorMembers {
  readonly q: string | null
  readonly hybrid: HybridOptions | null
  readonly vector: readonly number[] | null
  readonly media: unknown
}

const DEFAULT_RATIO = 0.5

export function expectHybrid(value: unknown, spot: Spot): HybridOptions {
  const object = expectObject(value, spot)
  for (const name of Object.keys(object)) {
    if (name !== 'embedder' && name !== 'semanticRatio')
      throw unknownName('field', name, ['semanticRatio', 'embedder'], spot)
  }
  const ratioSpot = { path: `${spot.path}.semanticRatio`, code: 'invalid_search_semantic_ratio' }
  const given = object['semanticRatio']
  const semanticRatio = given === undefined ? DEFAULT_RATIO : expectNumber(given, ratioSpot)
  if (!(semanticRatio >= 0 && semanticRatio <= 1)) {
    const reason = 'the value of `semanticRatio` is invalid, expected a float between `0.0` and `1.0`.'
    throw wrongValue(ratioSpot, reason)
  }
  const embedder = object['embedder']
  if (embedder === undefined) throw refuse(spot.code, `Missing field \`embedder\` inside \`${spot.path}\``)
  return { embedder: expectString(embedder, inside(spot, 'embedder')), semanticRatio }
}

export function expectVector(value: unknown, spot: Spot): readonly number[] {
  return expectArray(value, spot).map((element, at) => expectNumber(element, inside(spot, at)))
}

/** What members of a search contradict each other; throws for the first. */
export function checkTogether(request: VectorMembers): void {
  const { hybrid, vector, media } = request
  if (hybrid === null && (vector !== null || media !== null)) {
    const text = 'Invalid request: missing `hybrid` parameter when `vector` or `media` are present.'
    throw refuse('missing_search_hybrid', text)
  }
  if (vector !== null && media !== null) {
    const text = 'Invalid request: both `media` and `vector` parameters are present.'
    throw refuse('invalid_search_media_and_vector', text)
  }
  if (media !== null) throw refuseSwitchedOff('passing `media` in a search query', 'multimodal')
}

/** Whether a search looks for words, for what is near a vector, or for both. */
export type SearchKind =
  | { readonly kind: 'words' }
  | { readonly kind: 'semantic'; readonly embedder: string; readonly vector: readonly number[] }
  /** Without a vector the words decide alone, as when an embedder fails. */
  | {
      readonly kind: 'hybrid'
      readonly embedder: string
      readonly vector: readonly number[] | null
      readonly ratio: number
    }

export function searchKind(index: DevIndex, request: VectorMembers): SearchKind {
  const { hybrid, vector } = request
  if (hybrid === null || hybrid.semanticRatio === 0) return { kind: 'words' }
  const q = request.q?.trim() ?? ''
  if (q === '' && vector === null) return { kind: 'words' }
  const { embedder, semanticRatio } = hybrid
  const known = Object.hasOwn(index.settings.embedders, embedder)
    ? index.settings.embedders[embedder]
    : undefined
  if (known === undefined)
    throw refuse('invalid_search_embedder', `Cannot find embedder with name \`${embedder}\`.`)
  if (vector !== null && vector.length !== known.dimensions) {
    const sizes = `expected: \`${known.dimensions}\`, found: \`${vector.length}\``
    throw refuse('invalid_vector_dimensions', `Invalid vector dimensions: ${sizes}.`)
  }
  if (vector !== null && (q === '' || semanticRatio === 1)) return { kind: 'semantic', embedder, vector }
  if (semanticRatio < 1) return { kind: 'hybrid', embedder, vector, ratio: semanticRatio }
  const reason =
    'attempt to embed the following text in a configuration where embeddings must be user provided'
  const text = `Error while generating embeddings: user error: ${reason}:\n  - \`${request.q}\``
  throw refuse('vector_embedding_error', text)
}
