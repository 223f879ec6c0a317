import type { JsonObject } from '../model/view.ts'
import { type JsonMember, membersOf, objectText } from '../std/json-members.ts'
import { isObject, memberOf, withMember } from '../std/json-values.ts'
import { OWN_FIELDS } from './own-attributes.ts'
import { DEFAULT_TEMPLATE } from './setting-table.ts'

/** What a node's default template prints, but for our fields. */
export const OWN_TEMPLATE = DEFAULT_TEMPLATE.replace(
  'field.value != nil',
  ['field.value != nil', ...OWN_FIELDS.map((field) => `field.name != "${field}"`)].join(' and '),
)

const TEMPLATE = 'documentTemplate'
const TEMPLATE_BYTES = 'documentTemplateMaxBytes'
const EVERYWHERE = ['distribution', 'binaryQuantized'] as const

/** Members an embedder may have by its source, besides the source itself. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  openAi: ['model', 'apiKey', 'dimensions', TEMPLATE, TEMPLATE_BYTES, 'url', ...EVERYWHERE],
  huggingFace: ['model', 'revision', 'pooling', TEMPLATE, TEMPLATE_BYTES, ...EVERYWHERE],
  ollama: ['model', 'apiKey', 'dimensions', TEMPLATE, TEMPLATE_BYTES, 'url', ...EVERYWHERE],
  rest: [
    'apiKey',
    'dimensions',
    TEMPLATE,
    TEMPLATE_BYTES,
    'url',
    'request',
    'response',
    'headers',
    ...EVERYWHERE,
  ],
  userProvided: ['dimensions', ...EVERYWHERE],
}

/** What survives a change of source on a node. */
const KEPT = ['apiKey', TEMPLATE, TEMPLATE_BYTES, ...EVERYWHERE]

/** The client's embedders after a change, as a node merges them; `null` values remove. */
export function mergedEmbedders(raw: unknown, change: JsonObject): JsonObject {
  let merged: JsonObject = isObject(raw) ? raw : {}
  for (const [name, embedder] of Object.entries(change)) {
    const old = memberOf(merged, name)
    const next = isObject(embedder) ? mergedEmbedder(isObject(old) ? old : undefined, embedder) : undefined
    merged = withMember(merged, name, next)
  }
  return merged
}

function mergedEmbedder(old: JsonObject | undefined, change: JsonObject): JsonObject {
  const source = sourceAfter(old, change)
  let merged: JsonObject = { ...(old === undefined ? {} : survivors(old, source)), source }
  for (const [key, value] of Object.entries(change)) {
    if (key !== 'source') merged = withMember(merged, key, value === null ? undefined : value)
  }
  return losesTemplateBytes(old, change, merged) ? withMember(merged, TEMPLATE_BYTES, undefined) : merged
}

/** A node takes `openAi` where none is named, and `huggingFace` where the source is reset. */
function sourceAfter(old: JsonObject | undefined, change: JsonObject): unknown {
  const source = memberOf(change, 'source')
  if (source === undefined) return old?.['source'] ?? 'openAi'
  return source ?? 'huggingFace'
}

function survivors(old: JsonObject, source: unknown): JsonObject {
  if (old['source'] === source) return old
  const kept =
    source === 'userProvided' ? KEPT.filter((key) => key !== TEMPLATE && key !== TEMPLATE_BYTES) : KEPT
  return Object.fromEntries(Object.entries(old).filter(([key]) => kept.includes(key)))
}

/** A node forgets the template's size with the template, and ignores it where there never was one. */
function losesTemplateBytes(old: JsonObject | undefined, change: JsonObject, merged: JsonObject): boolean {
  if (memberOf(merged, TEMPLATE) !== undefined) return false
  return memberOf(change, TEMPLATE) === null || old === undefined || !usesTemplate(old['source'])
}

function usesTemplate(source: unknown): boolean {
  return typeof source === 'string' && (MEMBERS[source] ?? []).includes(TEMPLATE)
}

/**
 * The `embedders` of a change as nodes get them: with our template where theirs would print our fields.
 * `merged` is what the client will have after the change.
 */
export function embeddersText(text: string, merged: JsonObject): string {
  return objectText(
    membersOf(text).map((member) => {
      const embedder = memberOf(merged, member.key)
      if (!member.value.startsWith('{') || !isObject(embedder) || !usesTemplate(embedder['source']))
        return member
      return { key: member.key, value: embedderText(member.value, embedder) }
    }),
  )
}

function embedderText(text: string, merged: JsonObject): string {
  if (!takesOwnTemplate(merged)) return text
  const members = membersOf(text).filter((member) => member.key !== TEMPLATE)
  const bytes = memberOf(merged, TEMPLATE_BYTES)
  const kept = bytes === undefined ? members.filter((member) => !isIgnoredSize(member)) : members
  const added: JsonMember[] = [{ key: TEMPLATE, value: JSON.stringify(OWN_TEMPLATE) }]
  if (bytes === undefined && !kept.some((member) => member.key === TEMPLATE_BYTES))
    added.push({ key: TEMPLATE_BYTES, value: 'null' })
  return objectText([...kept, ...added])
}

/** A size that the node would have ignored; one that it refuses must reach it. */
function isIgnoredSize({ key, value }: JsonMember): boolean {
  return key === TEMPLATE_BYTES && (value === 'null' || /^[0-9]+$/.test(value))
}

function takesOwnTemplate(embedder: JsonObject): boolean {
  const template = memberOf(embedder, TEMPLATE)
  return template === undefined || template === DEFAULT_TEMPLATE
}

/** All embedders for a node, every member of each explicit, so that nothing older shows through. */
export function fullEmbedders(raw: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(raw).map(([name, embedder]) => [name, isObject(embedder) ? full(embedder) : embedder]),
  )
}

function full(embedder: JsonObject): JsonObject {
  const source = embedder['source']
  const absent = (typeof source === 'string' ? (MEMBERS[source] ?? []) : []).map((key) => [key, null])
  const explicit: JsonObject = { source, ...Object.fromEntries(absent), ...embedder }
  return usesTemplate(source) && takesOwnTemplate(embedder)
    ? { ...explicit, [TEMPLATE]: OWN_TEMPLATE }
    : explicit
}

/** A node's embedders as clients see them. */
export function shownEmbedders(onNode: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(onNode).map(([name, embedder]) => [
      name,
      isObject(embedder) && embedder[TEMPLATE] === OWN_TEMPLATE
        ? { ...embedder, [TEMPLATE]: DEFAULT_TEMPLATE }
        : embedder,
    ]),
  )
}
