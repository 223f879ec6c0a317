import { Command } from 'commander'
import { requireNodes } from '../config/load.ts'
import { systemRandom } from '../std/random.ts'
import { type ConfigOptions, fileOption, loadFrom, portOption, setOption } from './arguments.ts'
import type { CliContext } from './context.ts'

const DEMO_PORT = 7700
const DEVNODE_PORT = 7701

interface ServeOptions extends ConfigOptions {
  readonly port?: number
}

export function serveCommand(context: CliContext): Command {
  return new Command('serve')
    .description('Run the endpoint in front of the configured Meilisearch nodes.')
    .addOption(fileOption())
    .addOption(setOption())
    .addOption(portOption())
    .addHelpText(
      'after',
      `
Values are taken from defaults, then the file, then the environment (MIROIR_SERVER__PORT for server.port),
then --set and --port. A wrong configuration starts nothing and exits with 2.
SIGTERM and SIGINT finish the requests under way, then exit.

Examples:
  miroir serve --config miroir.yaml
  MIROIR_MASTER_KEY_FILE=/run/secrets/key miroir serve --config miroir.yaml --set server.bind=0.0.0.0
  miroir serve --set 'nodes=[{"id":"a","address":"http://127.0.0.1:7701"}]'
`,
    )
    .action(async (options: ServeOptions) => {
      const port = options.port === undefined ? [] : [`server.port=${options.port}`]
      // Warnings are not printed here: the server writes them to its log.
      const loaded = loadFrom(context, { ...options, set: [...options.set, ...port] })
      requireNodes(loaded)
      await context.launchers.serve(loaded)
    })
}

export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .description('Try it: start six small embedded nodes, an endpoint in front of them, and load a sample.')
    .addOption(portOption(DEMO_PORT))
    .option('--no-sample', 'leave the indexes empty')
    .option('--keep <dir>', 'keep the data in this folder (default: a temporary one, removed at the end)')
    .addHelpText(
      'after',
      `
The embedded nodes are for trying out and for tests, never for real data. Ctrl-C ends everything.

Examples:
  miroir demo
  miroir demo --port 7800 --keep ./demo-data
`,
    )
    .action(async (options: { port: number; sample: boolean; keep?: string }) => {
      await context.launchers.demo({
        port: options.port,
        sample: options.sample,
        keepDir: options.keep ?? null,
      })
    })
}

export function devnodeCommand(context: CliContext): Command {
  return new Command('devnode')
    .description('Run one small embedded Meilisearch-compatible node, for tests and trying out.')
    .addOption(portOption(DEVNODE_PORT))
    .option('-d, --data <dir>', 'folder for its data', './data/devnode')
    .option(
      '--master-key <key>',
      'its master key (better: environment MEILI_MASTER_KEY; made up when there is none)',
    )
    .addHelpText(
      'after',
      `
Examples:
  MEILI_MASTER_KEY=nodeKey miroir devnode --port 7701 --data ./data/node-a
  MEILI_MASTER_KEY=nodeKey miroir devnode --port 7702 --data ./data/node-b
`,
    )
    .action(async (options: { port: number; data: string; masterKey?: string }) => {
      const given = options.masterKey ?? context.env['MEILI_MASTER_KEY'] ?? ''
      const masterKey = given === '' ? Buffer.from(systemRandom.bytes(16)).toString('hex') : given
      if (given === '') context.err(`devnode: master key, made for this run: ${masterKey}\n`)
      await context.launchers.devnode({ port: options.port, dataDir: options.data, masterKey })
    })
}
