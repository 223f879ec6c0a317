import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configKeys, jsonSchema, type KeySchema } from '../src/config/keys.ts'

/** docs/configuration.md, made from the schema: `npm run docs` writes it, a test compares it. */
export function configurationPage(): string {
  const sections = Object.entries(jsonSchema().properties ?? {}).filter(
    ([, { properties }]) => properties !== undefined,
  )
  return `${[
    INTRODUCTION,
    '## Top level',
    '',
    ...keyTable(''),
    '',
    ...sections.flatMap(([name, section]) => [
      `## ${name}`,
      section.description ?? '',
      '',
      ...keyTable(`${name}.`),
      '',
    ]),
    ...nodeSection(),
  ].join('\n')}\n`
}

const INTRODUCTION = `# Configuration

Made from the schema by \`npm run docs\`; do not edit by hand.

Values are taken from four places; a later one wins:

1. defaults,
2. one YAML file: \`--config FILE\`, else the first of \`miroir.yaml\`, \`config/miroir.yaml\`, \`/etc/miroir/config.yaml\`,
3. the environment,
4. \`--set section.key=value\`.

\`miroir config check FILE\` says whether a file is right: exit code 0, or 2 with line, column and what to write.
\`miroir config show\` prints every value in effect and where it came from, \`miroir config schema\` a JSON Schema for
editors. A key with nothing behind it has its default. An unknown key in the file is an error.

## Environment

Every key has a variable: \`MIROIR_\`, then the path in capitals with two underscores between section and key. Lists are
written as JSON. An empty variable counts as unset. A variable beginning with \`MIROIR_\` that is no key is ignored with
a warning, or silently where a container platform has made it for a service called miroir.

Secrets can be in files: add \`_FILE\` to the variable and give the path. They are refused behind \`--set\`, because
every user of a machine can read the arguments of its processes.

| variable | same as |
|---|---|
| \`MIROIR_ADMIN_API_KEY\` | \`MIROIR_ADMIN__API_KEY\` |
| \`MEILI_MASTER_KEY\` | \`MIROIR_MASTER_KEY\`, which wins |
| \`MEILI_HTTP_ADDR\` | \`MIROIR_SERVER__BIND\` and \`MIROIR_SERVER__PORT\`, which win: \`0.0.0.0:7700\` |
| \`MEILI_HTTP_PAYLOAD_SIZE_LIMIT\` | \`MIROIR_SERVER__MAX_BODY_BYTES\`, which wins: \`100MB\`, \`100MiB\` or bytes |
| \`MEILI_ENV\` | no key: with \`production\` a master key of at least 16 bytes is needed |

## Rules between keys

- Without \`master_key\` only loopback addresses can be bound.
- \`admin.api_key\` differs from \`master_key\`.
- Ids and addresses of nodes are unique; \`replica_group\` is below \`replica_groups\`.
- Every group has at least \`replication_factor\` nodes, and at least one.
- \`writes.min_acks\` is at most \`replication_factor\` × \`replica_groups\`.
- \`server.port\` and \`metrics.port\` differ.
- \`health.timeout_ms\` is at most \`health.interval_ms\`.
- \`server.max_body_bytes\` is at most \`limits.body_bytes_in_flight_max\`.
- \`task_store.backend\` is \`sqlite\`, and \`task_store.url\` is not set.
`

function keyTable(prefix: string): string[] {
  const keys = configKeys.filter(({ path }) =>
    prefix === '' ? !path.includes('.') : path.startsWith(prefix),
  )
  const rows = keys.map(({ path, variable, secret, schema }) => {
    const name = path.slice(prefix.length)
    return `| \`${name}\` | ${kindOf(schema, secret)} | ${defaultOf(schema)} | \`${variable}\` | ${textOf(schema)} |`
  })
  return ['| key | value | default | variable | |', '|---|---|---|---|---|', ...rows]
}

function nodeSection(): string[] {
  const node = jsonSchema().properties?.['nodes']?.items?.properties ?? {}
  const rows = Object.entries(node).map(
    ([name, member]) =>
      `| \`${name}\` | ${kindOf(member, false)} | ${defaultOf(member)} | ${textOf(member)} |`,
  )
  return [
    '## Entries of nodes',
    '',
    '```yaml',
    'nodes:',
    '  - id: node-a',
    '    address: http://10.0.0.7:7700',
    '    replica_group: 0',
    '```',
    '',
    '| key | value | default | |',
    '|---|---|---|---|',
    ...rows,
  ]
}

function kindOf(schema: KeySchema, secret: boolean): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`
  if (schema.type === 'array') return 'list'
  if (schema.type === 'boolean') return '`true`, `false`'
  return secret ? 'text, secret' : 'text'
}

function defaultOf(schema: KeySchema): string {
  if (schema.default === undefined) return 'must be given'
  if (schema.default === null) return 'none'
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``
}

function textOf(schema: KeySchema): string {
  return (schema.description ?? '').replaceAll('|', '\\|')
}

const page = join(import.meta.dirname, '../docs/configuration.md')
if (process.argv[1] === import.meta.filename) writeFileSync(page, configurationPage())
