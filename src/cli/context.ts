import type { Readable } from 'node:stream'
import type { LoadedConfig } from '../config/load.ts'
import type { ExportRequest } from '../transfer/run-export.ts'
import type { ImportRequest } from '../transfer/run-import.ts'

export interface DemoOptions {
  readonly port: number
  /** False leaves the indexes empty. */
  readonly sample: boolean
  /** Folder that keeps the data; null uses a temporary one that is removed at the end. */
  readonly keepDir: string | null
}

export interface DevNodeOptions {
  readonly port: number
  readonly dataDir: string
  readonly masterKey: string
}

/** What a transfer touches of its process. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** True when `err` is a terminal, whose last line may be redrawn. */
  readonly isTerminal: boolean
  /** Aborted by Ctrl-C. */
  readonly stop: AbortSignal
}

/** The long-running programs. main.ts passes them, so that this room stays a thin client. */
export interface Launchers {
  serve(loaded: LoadedConfig): Promise<void>
  demo(options: DemoOptions): Promise<void>
  devnode(options: DevNodeOptions): Promise<void>
  import(request: ImportRequest): Promise<void>
  export(request: ExportRequest): Promise<void>
}

/** Everything a command touches of its process. Data goes to `out`, everything else to `err`. */
export interface CliContext {
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly launchers: Launchers
  /** True when `out` is a terminal, which may be redrawn. */
  readonly isTerminal: boolean
  /** Standard input, opened when it is asked for. */
  readonly input: () => Readable
  out(text: string): void
  err(text: string): void
  /** Resolves after the pause; false when the user ended the program meanwhile. */
  pause(durationMs: number): Promise<boolean>
}

/** A command that could not do its work: message for people, code for scripts. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
