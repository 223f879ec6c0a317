import { Command, Option } from 'commander'
import { limits } from '../config/limits.ts'
import type { ImportRequest, Origin } from '../transfer/run-import.ts'
import { type ConfigOptions, fileOption, setOption } from './arguments.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { EXIT } from './exit-codes.ts'
import {
  addNames,
  addPath,
  addressOf,
  localPlace,
  parseDelimiter,
  parseSize,
  readEmbedderKeys,
  secretOf,
} from './transfer-options.ts'

const BATCH_BYTES = 8_000_000
const STATE_FOLDER = './data/import'

interface ImportCommandOptions extends ConfigOptions {
  readonly from?: string
  readonly key?: string
  readonly fromDir?: string
  readonly file: readonly string[]
  readonly to?: string
  readonly toKey?: string
  readonly index: readonly string[]
  readonly as?: string
  readonly primaryKey?: string
  readonly format?: 'json' | 'ndjson' | 'csv'
  readonly csvDelimiter: string
  readonly embedderKeys?: string
  readonly withoutEmbedderKeys: boolean
  readonly intoExisting: boolean
  readonly keys: boolean
  readonly restart: boolean
  readonly dryRun: boolean
  readonly state: string
  readonly batchBytes: number
}

const HELP = `
From a server: settings, documents with their vectors (nothing is embedded again) and API keys are copied over
HTTP; the source is only read. Stop writes to it meanwhile: a change is noticed, reported, and not caught up with.
At the end both sides are read and compared document by document.

Every run can be ended (Ctrl-C) and continued by the same command: how far it is stands in the --state folder.
An index counts as imported only when this command says \`complete\`. Until then do not use it.

Without --to the target is the miroir of the configuration (--config), on this machine.
Keys: better in the environment, MIROIR_FROM_KEY and MIROIR_TO_KEY (or …_FILE), than in arguments.
A source's key needs: version, indexes.get, settings.get, documents.get; keys.get to copy API keys.
The target's key needs: version, indexes.*, settings.update, documents.add, documents.get, tasks.get; keys.create.

Exits with 0 when all is complete and the same, 1 when it could not go on (mend it and run it again), 2 when what was
asked for cannot be done, 7 when a key is refused, 9 when both sides differ at the end, 130 after Ctrl-C.

Examples:
  miroir import --from http://old:7700 --dry-run
  MIROIR_FROM_KEY=… miroir import --from http://old:7700 --config miroir.yaml
  miroir import --from http://old:7700 --key … --index 'films,logs-*' --to http://127.0.0.1:7700 --to-key …
  miroir import --file films.ndjson.gz --index films --primary-key id
  gunzip -c dump.csv.gz | miroir import --file - --format csv --csv-delimiter ';' --index films
  miroir import --from-dir ./backup --index films --as films-copy
`

export function importCommand(context: CliContext): Command {
  const command = new Command('import').description(
    'Bring existing data in: from a running Meilisearch, from files, or from an export.',
  )
  addPlaces(command)
  addChoices(command)
  addConduct(command)
  return command
    .addHelpText('after', HELP)
    .action((options: ImportCommandOptions) => context.launchers.import(requestOf(context, options)))
}

/** Where from and where to. */
function addPlaces(command: Command): void {
  command
    .addOption(
      new Option('--from <url>', 'a running Meilisearch 1.x, or miroir, to copy from').conflicts([
        'fromDir',
        'file',
      ]),
    )
    .option('--key <key>', 'its key (default: environment MIROIR_FROM_KEY or …_FILE)')
    .addOption(new Option('--from-dir <dir>', 'a folder that `miroir export` wrote').conflicts('file'))
    .addOption(
      new Option(
        '--file <path>',
        'documents: .json, .ndjson, .csv, each also .gz; - is standard input; may be repeated',
      )
        .argParser(addPath)
        .default([], 'none'),
    )
    .option('--to <url>', 'where to write (default: the miroir of the configuration)')
    .option(
      '--to-key <key>',
      'key of the target (default: environment MIROIR_TO_KEY or …_FILE, then `master_key`)',
    )
    .addOption(fileOption())
    .addOption(setOption())
}

/** Which documents, and how to read them. */
function addChoices(command: Command): void {
  command
    .addOption(
      new Option(
        '--index <uids>',
        'indexes to copy, as names and patterns with *; with --file the one to fill',
      )
        .argParser(addNames)
        .default([], 'all'),
    )
    .option('--as <uid>', 'name on the target, for one index')
    .option('--primary-key <name>', 'with --file: the field that identifies a document')
    .addOption(
      new Option('--format <format>', 'with --file: format, where the name does not tell').choices([
        'json',
        'ndjson',
        'csv',
      ]),
    )
    .addOption(
      new Option('--csv-delimiter <character>', 'what stands between fields')
        .argParser(parseDelimiter)
        .default(','),
    )
}

/** What is done with them. */
function addConduct(command: Command): void {
  command
    .option(
      '--embedder-keys <file>',
      'JSON file {"index":{"embedder":"key"}}: a source shows these keys masked',
    )
    .option('--without-embedder-keys', 'copy embedders without their keys; set them afterwards', false)
    .option('--into-existing', 'write into indexes that hold documents; their settings stay', false)
    .option('--no-keys', 'copy no API keys')
    .option('--restart', 'forget earlier runs; the unfinished indexes they made are deleted', false)
    .option('--dry-run', 'look at both sides, write nothing', false)
    .option('--state <dir>', 'folder that keeps how far it is', STATE_FOLDER)
    .addOption(
      new Option('--batch-bytes <size>', 'size of one write').argParser(parseSize).default(BATCH_BYTES, '8m'),
    )
}

function requestOf(context: CliContext, options: ImportCommandOptions): ImportRequest {
  const { index, withoutEmbedderKeys, intoExisting, keys, restart, dryRun, state, batchBytes } = options
  return {
    from: originOf(context, options),
    to: targetOf(context, options),
    indexes: index,
    as: options.as ?? null,
    embedderKeys: readEmbedderKeys(options.embedderKeys),
    ...{ withoutEmbedderKeys, intoExisting, keys, restart, dryRun, state, batchBytes },
    pageBytes: batchBytes,
    recordBytesMax: limits.bodyBytesMax,
  }
}

function targetOf(context: CliContext, options: ImportCommandOptions): ImportRequest['to'] {
  const key = secretOf(context, options.toKey, 'MIROIR_TO_KEY')
  if (options.to !== undefined) return { url: addressOf(options.to, '--to'), key }
  const local = localPlace(context, options)
  return { url: local.url, key: key ?? local.key }
}

function originOf(context: CliContext, options: ImportCommandOptions): Origin {
  const { from, fromDir, file, index, format, primaryKey } = options
  if (from !== undefined) {
    const key = secretOf(context, options.key, 'MIROIR_FROM_KEY')
    return { kind: 'server', place: { url: addressOf(from, '--from'), key } }
  }
  if (fromDir !== undefined) return { kind: 'directory', path: fromDir }
  if (file.length === 0)
    throw new CommandFailure(EXIT.invalid, 'nothing to import: write --from, --from-dir or --file')
  const [uid, ...others] = index
  if (uid === undefined || others.length > 0 || uid.includes('*') || options.as !== undefined)
    throw new CommandFailure(EXIT.invalid, '--file: write the one index to fill behind --index')
  const files = {
    ...{ paths: file, uid, primaryKey: primaryKey ?? null, format: format ?? null },
    ...{ csvDelimiter: options.csvDelimiter, standardInput: context.input },
  }
  return { kind: 'files', files }
}
