import { Command, Option } from 'commander'
import type { ExportRequest } from '../transfer/run-export.ts'
import { type ConfigOptions, fileOption, setOption } from './arguments.ts'
import type { CliContext } from './context.ts'
import { addNames, addressOf, localPlace, secretOf } from './transfer-options.ts'

const PAGE_BYTES = 8_000_000

interface ExportCommandOptions extends ConfigOptions {
  readonly out: string
  readonly from?: string
  readonly key?: string
  readonly index: readonly string[]
  readonly gzip: boolean
  readonly overwrite: boolean
}

export function exportCommand(context: CliContext): Command {
  return new Command('export')
    .description('Write indexes into a folder: documents as NDJSON, settings as JSON, and a manifest.')
    .requiredOption('--out <dir>', 'folder to write; it is created')
    .option('--from <url>', 'a running miroir or Meilisearch 1.x (default: the miroir of the configuration)')
    .option('--key <key>', 'its key (default: environment MIROIR_FROM_KEY or …_FILE, then `master_key`)')
    .addOption(fileOption())
    .addOption(setOption())
    .addOption(
      new Option('--index <uids>', 'indexes to write, as names and patterns with *')
        .argParser(addNames)
        .default([], 'all'),
    )
    .option('--no-gzip', 'write documents.ndjson instead of documents.ndjson.gz')
    .option('--overwrite', 'write over an export that is in the folder', false)
    .addHelpText(
      'after',
      `
Writes <uid>/documents.ndjson.gz (with vectors) and <uid>/settings.json per index, and manifest.json last: a folder
without it is no whole export. The manifest holds counts and digests, which import compares.
Keys of embedders are masked by the server, and API keys are not exported.
Stop writes meanwhile: a change is noticed, and ends the export with 9.

Examples:
  miroir export --out ./backup
  MIROIR_FROM_KEY=… miroir export --from http://old:7700 --index 'films,logs-*' --out ./backup
  miroir import --from-dir ./backup
`,
    )
    .action((options: ExportCommandOptions) => context.launchers.export(requestOf(context, options)))
}

function requestOf(context: CliContext, options: ExportCommandOptions): ExportRequest {
  const { out, index, gzip, overwrite } = options
  const from = sourceOf(context, options)
  return { from, directory: out, indexes: index, gzip, overwrite, pageBytes: PAGE_BYTES }
}

function sourceOf(context: CliContext, options: ExportCommandOptions): ExportRequest['from'] {
  const key = secretOf(context, options.key, 'MIROIR_FROM_KEY')
  if (options.from !== undefined) return { url: addressOf(options.from, '--from'), key }
  const local = localPlace(context, options)
  return { url: local.url, key: key ?? local.key }
}
