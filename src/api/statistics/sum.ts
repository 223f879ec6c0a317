import { OWN_FIELDS } from '../../catalogue/own-attributes.ts'
import { type JsonMember, objectText } from '../../std/json-members.ts'

/** What a node says of one index, with sizes in bytes. */
export interface NodeIndexStats {
  readonly numberOfDocuments: number
  readonly rawDocumentDbSize: number
  readonly avgDocumentSize: number
  readonly isIndexing: boolean
  readonly internalDatabaseSizes?: Readonly<Record<string, number>>
  readonly numberOfEmbeddings: number
  readonly numberOfEmbeddedDocuments: number
  readonly fieldDistribution: Readonly<Record<string, number>>
}

/** A part of an index's statistics; `documents` are those of the shards that are wanted of the node. */
export interface StatsPart {
  readonly stats: NodeIndexStats
  readonly documents: number
}

export interface StatsForm {
  readonly human: boolean
  readonly internalSizes: boolean
}

/**
 * An index's statistics as a node prints them. Where a node holds more than is wanted of it, its other
 * numbers are scaled by its documents.
 */
export function indexStatsText(parts: readonly StatsPart[], form: StatsForm): string {
  const sum = (read: (stats: NodeIndexStats) => number): number =>
    parts.reduce((total, { stats, documents }) => total + scaled(read(stats), stats, documents), 0)
  const documents = parts.reduce((total, part) => total + part.documents, 0)
  const bytes = parts.reduce((total, part) => total + part.stats.avgDocumentSize * part.documents, 0)
  const size = (count: number): string => sizeText(count, form.human)
  const members: JsonMember[] = [
    { key: 'numberOfDocuments', value: String(documents) },
    { key: 'rawDocumentDbSize', value: size(sum((stats) => stats.rawDocumentDbSize)) },
    { key: 'avgDocumentSize', value: size(documents === 0 ? 0 : Math.floor(bytes / documents)) },
    { key: 'isIndexing', value: String(parts.some(({ stats }) => stats.isIndexing)) },
    { key: 'internalDatabaseSizes', value: internalSizes(parts, size) },
    { key: 'numberOfEmbeddings', value: String(sum((stats) => stats.numberOfEmbeddings)) },
    { key: 'numberOfEmbeddedDocuments', value: String(sum((stats) => stats.numberOfEmbeddedDocuments)) },
    { key: 'fieldDistribution', value: fieldDistribution(parts) },
  ]
  return objectText(members.filter(({ key }) => form.internalSizes || key !== 'internalDatabaseSizes'))
}

/** A size in JSON: bytes, or text with binary units and at most two decimals. */
export function sizeText(bytes: number, human: boolean): string {
  if (!human) return String(bytes)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return JSON.stringify(`${Number(value.toFixed(2))} ${units[unit]}`)
}

function scaled(value: number, stats: NodeIndexStats, documents: number): number {
  if (documents === stats.numberOfDocuments) return value
  return stats.numberOfDocuments === 0 ? 0 : Math.round((value * documents) / stats.numberOfDocuments)
}

function summed(
  parts: readonly StatsPart[],
  read: (stats: NodeIndexStats) => Readonly<Record<string, number>>,
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { stats, documents } of parts) {
    for (const [key, value] of Object.entries(read(stats)))
      sums.set(key, (sums.get(key) ?? 0) + scaled(value, stats, documents))
  }
  return sums
}

/** Nodes print the largest first. */
function internalSizes(parts: readonly StatsPart[], size: (bytes: number) => string): string {
  const sums = summed(parts, (stats) => stats.internalDatabaseSizes ?? {})
  const sorted = [...sums].sort(([, one], [, other]) => other - one)
  return objectText(sorted.map(([key, bytes]) => ({ key, value: size(bytes) })))
}

function fieldDistribution(parts: readonly StatsPart[]): string {
  const sums = [...summed(parts, (stats) => stats.fieldDistribution)]
  const shown = sums.filter(([field, count]) => count > 0 && !OWN_FIELDS.includes(field))
  const sorted = shown.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  return objectText(sorted.map(([key, count]) => ({ key, value: String(count) })))
}
