import { membersOf, objectText } from '../std/json-members.ts'

/**
 * Keys of embedders by index and embedder; a composite embedder's parts are `name.indexing`, `name.search`.
 */
export type EmbedderKeys = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Members of an embedder that are embedders themselves. */
const PARTS: Readonly<Record<string, string>> = { indexingEmbedder: 'indexing', searchEmbedder: 'search' }

export interface RevealedSettings {
  readonly settings: string
  /** Embedders whose key is not known, by name. */
  readonly unknown: readonly string[]
  readonly embedders: readonly string[]
}

/**
 * Settings as they can be sent: a server shows the keys of embedders masked, so that each `apiKey` in the
 * text is either replaced by the one given or left out.
 */
export function revealSettings(settings: string, keys: Readonly<Record<string, string>>): RevealedSettings {
  const unknown: string[] = []
  const names: string[] = []
  const reveal = (name: string, embedder: string): string =>
    embedder.startsWith('{') ? revealEmbedder(name, embedder, { keys, unknown }) : embedder
  const members = membersOf(settings).map((member) => {
    if (member.key !== 'embedders' || !member.value.startsWith('{')) return member
    const embedders = membersOf(member.value)
    names.push(...embedders.map(({ key }) => key))
    return {
      key: 'embedders',
      value: objectText(embedders.map(({ key, value }) => ({ key, value: reveal(key, value) }))),
    }
  })
  return { settings: objectText(members), unknown, embedders: names }
}

function revealEmbedder(
  name: string,
  embedder: string,
  found: { readonly keys: Readonly<Record<string, string>>; readonly unknown: string[] },
): string {
  const members = membersOf(embedder).flatMap((member) => {
    const part = PARTS[member.key]
    if (part !== undefined && member.value.startsWith('{'))
      return [{ key: member.key, value: revealEmbedder(`${name}.${part}`, member.value, found) }]
    if (member.key !== 'apiKey' || member.value === 'null') return [member]
    const key = Object.hasOwn(found.keys, name) ? found.keys[name] : undefined
    if (key !== undefined) return [{ key: 'apiKey', value: JSON.stringify(key) }]
    found.unknown.push(name)
    return []
  })
  return objectText(members)
}
