import type { Terminal } from './cli/context.ts'
import { CommandFailure } from './cli/context.ts'
import { EXIT } from './cli/exit-codes.ts'
import { createUndiciTransport } from './nodes/undici.ts'
import { systemClock } from './std/clock.ts'
import { type FailureKind, TransferFailure } from './transfer/failure.ts'
import { Progress } from './transfer/progress.ts'
import { type ExportRequest, runExport } from './transfer/run-export.ts'
import { type ImportRequest, runImport, type TransferContext } from './transfer/run-import.ts'

const CONNECTIONS = 4

const EXITS: Readonly<Record<FailureKind, number>> = {
  failed: EXIT.failure,
  invalid: EXIT.invalid,
  'key-refused': EXIT.keyRefused,
  differs: EXIT.differs,
  interrupted: EXIT.interrupted,
}

/** `miroir import`. Throws `CommandFailure`. */
export function importInto(request: ImportRequest, terminal: Terminal): Promise<void> {
  return transfer(terminal, (context) => runImport(request, context))
}

/** `miroir export`. Throws `CommandFailure`. */
export function exportFrom(request: ExportRequest, terminal: Terminal): Promise<void> {
  return transfer(terminal, (context) => runExport(request, context))
}

async function transfer(terminal: Terminal, run: (context: TransferContext) => Promise<void>): Promise<void> {
  const clock = systemClock
  const transport = createUndiciTransport({ keyOf: () => null, clock, connectionsMax: CONNECTIONS })
  const { out, err, isTerminal, stop } = terminal
  const progress = new Progress({ clock, write: err, isTerminal })
  try {
    await run({ transport, clock, stop, progress, say: (line) => out(`${line}\n`) })
  } catch (error) {
    if (!(error instanceof TransferFailure)) throw error
    throw new CommandFailure(EXITS[error.kind], error.kind === 'interrupted' ? INTERRUPTED : error.message)
  } finally {
    await transport.close()
  }
}

const INTERRUPTED =
  '\ninterrupted: what was copied is kept; the same command continues, --restart begins anew'
