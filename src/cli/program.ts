import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/problems.ts'
import { configCommand } from './config.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { demoCommand, devnodeCommand, serveCommand } from './launch.ts'
import { statusCommand } from './status.ts'

const EXAMPLES = `
Examples:
  miroir demo                                    try it: six embedded nodes and a sample of films
  miroir config check miroir.yaml                is this file right? says what to write where it is not
  miroir serve --config miroir.yaml              run in front of the nodes of miroir.yaml
  miroir serve --config miroir.yaml --set log.level=debug
  miroir status                                  nodes, shards and copies of the running one
  miroir import --from http://old:7700           copy everything of a running Meilisearch
  miroir export --out ./backup                   write everything into a folder

Secrets come from the environment (MIROIR_MASTER_KEY, MIROIR_NODE_MASTER_KEY, MIROIR_ADMIN_API_KEY, or the
same names with _FILE) or from the file, never from arguments of \`serve\`.
`

/** Runs one command line (without the program's own name) and answers the exit code. Never throws. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const result = { exitCode: EXIT.ok as number }
  const program = buildProgram(context, (exitCode) => {
    result.exitCode = exitCode
  })
  try {
    if (args.length === 0) {
      context.err(program.helpInformation() + EXAMPLES)
      return EXIT.invalid
    }
    await program.parseAsync([...args], { from: 'user' })
    return result.exitCode
  } catch (error) {
    return report(error, context)
  }
}

function buildProgram(context: CliContext, exit: (exitCode: number) => void): Command {
  const program = new Command('miroir')
    .description('One Meilisearch endpoint in front of many nodes: sharded, replicated, exact.')
    .version(context.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
  program.addCommand(serveCommand(context))
  program.addCommand(demoCommand(context))
  program.addCommand(devnodeCommand(context))
  program.addCommand(configCommand(context))
  program.addCommand(statusCommand(context, exit))
  program.addCommand(importCommand(context))
  program.addCommand(exportCommand(context))
  for (const command of everyCommand(program)) applyHouseStyle(command, context)
  return program
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

function applyHouseStyle(command: Command, context: CliContext): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .showHelpAfterError(`Run \`${fullName(command)} --help\` to see what can be written.`)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ helpWidth: 100 })
    .configureOutput({
      writeOut: (text) => context.out(text),
      writeErr: (text) => context.err(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}

function report(error: unknown, context: CliContext): number {
  if (error instanceof CommanderError) {
    const asked = error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
    return asked ? EXIT.ok : EXIT.invalid
  }
  if (error instanceof ConfigError) {
    context.err(`${error.message}\n`)
    return EXIT.invalid
  }
  if (error instanceof CommandFailure) {
    context.err(`${error.message}\n`)
    return error.exitCode
  }
  context.err(`miroir: ${describe(error)}\n`)
  return EXIT.failure
}

/**
 * What the operating system refuses (a port in use, a full disk) needs no stack; everything else is a bug of
 * ours.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && 'syscall' in error ? error.message : (error.stack ?? error.message)
}
