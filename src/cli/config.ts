import { Command, Option } from 'commander'
import { jsonSchema } from '../config/keys.ts'
import type { LoadedConfig } from '../config/load.ts'
import { type ConfigOptions, fileOption, loadFor, setOption } from './arguments.ts'
import type { CliContext } from './context.ts'
import { counted } from './counted.ts'
import { effectiveJson, effectiveYaml } from './effective.ts'

export function configCommand(context: CliContext): Command {
  return new Command('config')
    .description('Check and show the configuration.')
    .addCommand(checkCommand(context))
    .addCommand(showCommand(context))
    .addCommand(schemaCommand(context))
}

function checkCommand(context: CliContext): Command {
  return new Command('check')
    .description(
      'Say whether a configuration is right; where it is not, the line, the column and what to write.',
    )
    .argument('[file]', 'configuration file (default: as for --config of serve)')
    .addOption(setOption())
    .addHelpText(
      'after',
      `
The environment counts, as it will for serve. Where a secret exists only in production, any text will do here:
  MIROIR_MASTER_KEY=placeholder-of-16-bytes miroir config check miroir.yaml

Exits with 0 when it is right and with 2 when it is not. All problems are printed at once, one a line:
  miroir.yaml:14:9: server.port: "77a" is not a whole number from 1 to 65535; write a number such as 7700 instead
`,
    )
    .action((file: string | undefined, options: ConfigOptions) => {
      const loaded = loadFor(context, options, file)
      context.out(`${loaded.file ?? 'defaults'}: ok: ${inWords(loaded)}\n`)
      if (loaded.config.nodes.length === 0)
        context.err('note: no node is configured; `miroir serve` will need at least one below `nodes`\n')
    })
}

function inWords({ config }: LoadedConfig): string {
  const nodes = counted(config.nodes.length, 'node')
  const groups = counted(config.replicaGroups, 'group')
  const copies = counted(config.replicationFactor * config.replicaGroups, 'copy', 'copies')
  return `${nodes} in ${groups}, ${counted(config.shards, 'shard')} per index, ${copies} of each shard`
}

function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('Print every value in effect and where it came from. Secrets are masked.')
    .addOption(fileOption())
    .addOption(setOption())
    .addOption(
      new Option('-o, --output <form>', 'form of the answer').choices(['yaml', 'json']).default('yaml'),
    )
    .addHelpText(
      'after',
      `
Examples:
  miroir config show --config miroir.yaml
  miroir config show -o json
`,
    )
    .action((options: ConfigOptions & { output: string }) => {
      const loaded = loadFor(context, options)
      context.out(options.output === 'json' ? effectiveJson(loaded) : effectiveYaml(loaded))
    })
}

function schemaCommand(context: CliContext): Command {
  return new Command('schema')
    .description('Print the JSON Schema of the configuration file, for editors.')
    .addHelpText(
      'after',
      `
Example:
  miroir config schema > miroir.schema.json
  (then write as first line of miroir.yaml:  # yaml-language-server: $schema=./miroir.schema.json)
`,
    )
    .action(() => context.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`))
}
