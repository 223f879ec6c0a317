import { parseArgs } from 'node:util'

export interface AmplificationOptions {
  readonly groups: number
  /** Copies of a shard in each group. */
  readonly rf: number
  readonly shards: number
  /** Nodes of a group that the bench starts itself. */
  readonly perGroup: number
  readonly docs: number
  /** Bytes of one document, about. */
  readonly size: number
  /** Nodes that run already; empty = the bench starts its own. */
  readonly nodes: readonly string[]
  readonly nodeKey: string
  /** Starts real nodes instead of embedded ones. */
  readonly real: boolean
}

export const AMPLIFICATION_HELP = `npm run bench -- amplification [options]
  --groups G      replica groups (1)
  --rf R          copies of a shard in each group (2)
  --shards S      shards (12)
  --per-group N   nodes that the bench starts in each group (3)
  --docs N        documents to begin with (2000)
  --size BYTES    bytes of one document (1000)
  --real          starts real nodes: MEILISEARCH_BIN or /usr/local/bin/meilisearch
  --nodes U,U     uses these nodes, shared out among the groups in turn. Point it at empty nodes only: it
                  creates an index there, deletes it at the end, and leaves its key behind
  --node-key K    their master key`

const OPTIONS = {
  groups: { type: 'string', default: '1' },
  rf: { type: 'string', default: '2' },
  shards: { type: 'string', default: '12' },
  'per-group': { type: 'string', default: '3' },
  docs: { type: 'string', default: '2000' },
  size: { type: 'string', default: '1000' },
  real: { type: 'boolean', default: false },
  nodes: { type: 'string', default: '' },
  'node-key': { type: 'string', default: '' },
} as const

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} wants a whole number from 1 on: ${text}`)
  return value
}

/** @throws when an option is unknown or makes no sense */
export function amplificationOptions(args: readonly string[]): AmplificationOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const nodes = values.nodes.split(',').filter((address) => address !== '')
  const groups = count('groups', values.groups)
  const rf = count('rf', values.rf)
  const perGroup = nodes.length === 0 ? count('per-group', values['per-group']) : nodes.length / groups
  if (!Number.isInteger(perGroup))
    throw new Error(`--nodes: ${nodes.length} do not make ${groups} equal groups`)
  if (rf > perGroup) throw new Error(`--rf ${rf} needs as many nodes in each group; there are ${perGroup}`)
  if (nodes.length > 0 && values.real) throw new Error('--nodes and --real exclude each other')
  const sizes = { docs: count('docs', values.docs), size: count('size', values.size) }
  const shape = { groups, rf, perGroup, shards: count('shards', values.shards) }
  return { ...shape, ...sizes, nodes, nodeKey: values['node-key'], real: values.real }
}
