import { Readable } from 'node:stream'
import type { CliContext, DemoOptions, DevNodeOptions } from '../../../src/cli/context.ts'
import { runCli } from '../../../src/cli/program.ts'
import type { LoadedConfig } from '../../../src/config/load.ts'
import type { ExportRequest } from '../../../src/transfer/run-export.ts'
import type { ImportRequest } from '../../../src/transfer/run-import.ts'

export interface CliRun {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** What was launched, by program. */
  readonly served: readonly LoadedConfig[]
  readonly demos: readonly DemoOptions[]
  readonly devnodes: readonly DevNodeOptions[]
  readonly imports: readonly ImportRequest[]
  readonly exports: readonly ExportRequest[]
}

interface CliSetting {
  readonly env?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  /** Rounds of a watching command until the user ends it. */
  readonly rounds?: number
  /** Raised by the program that is launched. */
  readonly launchError?: Error
}

/** Runs one command line in this process, with everything it touches replaced. */
export async function run(args: readonly string[], setting: CliSetting = {}): Promise<CliRun> {
  const said = { out: '', err: '' }
  const launched = {
    served: [] as LoadedConfig[],
    demos: [] as DemoOptions[],
    devnodes: [] as DevNodeOptions[],
    imports: [] as ImportRequest[],
    exports: [] as ExportRequest[],
  }
  let rounds = setting.rounds ?? 1
  const launch = async <Options>(list: Options[], options: Options): Promise<void> => {
    if (setting.launchError !== undefined) throw setting.launchError
    list.push(options)
  }
  const context: CliContext = {
    version: '1.2.3',
    env: setting.env ?? {},
    isTerminal: setting.isTerminal ?? false,
    input: () => Readable.from([]),
    launchers: {
      serve: (loaded) => launch(launched.served, loaded),
      demo: (options) => launch(launched.demos, options),
      devnode: (options) => launch(launched.devnodes, options),
      import: (request) => launch(launched.imports, request),
      export: (request) => launch(launched.exports, request),
    },
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    pause: async () => --rounds > 0,
  }
  const exitCode = await runCli(args, context)
  return { exitCode, ...said, ...launched }
}
