import { type DestinationStream, destination, pino } from 'pino'
import { type Clock, systemClock } from '../std/clock.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'
type LogValue = string | number | boolean | null | undefined | readonly (string | number)[]
export type LogFields = Readonly<Record<string, LogValue>>

/** JSON lines, one object each. Fields never hold query text, document text or keys. */
export interface Logger {
  enabled(level: LogLevel): boolean
  error(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  debug(fields: LogFields, message: string): void
  trace(fields: LogFields, message: string): void
  /** Writes what is still buffered; for the last moments of the process. */
  flush(): void
}

export interface LoggerOptions {
  readonly level: LogLevel | 'fatal' | 'silent'
  /** Where lines go, line end included; stdout when absent. */
  readonly write?: (line: string) => void
  readonly clock?: Clock
  /** Added to every line as `pod_id`. */
  readonly podId?: string
}

/** Lines waiting for a stdout that does not take them; beyond it they are dropped, never the requests. */
const BUFFERED_BYTES_MAX = 8_388_608

/** Field names whose value is a secret wherever it came from. */
const SECRET_FIELDS = [
  'authorization',
  'key',
  'api_key',
  'apiKey',
  'master_key',
  'masterKey',
  'admin_key',
  'adminKey',
  'node_key',
  'nodeKey',
  'token',
  'password',
  'secret',
]

export function createLogger(options: LoggerOptions): Logger {
  const clock = options.clock ?? systemClock
  const sink = options.write === undefined ? standardOutput() : { write: options.write }
  const lines = pino(
    {
      level: options.level,
      messageKey: 'message',
      base: options.podId === undefined ? null : { pod_id: options.podId },
      timestamp: () => `,"timestamp":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS, censor: '[redacted]' },
    },
    sink,
  )
  return {
    enabled: (level) => lines.isLevelEnabled(level),
    error: (fields, message) => lines.error(fields, message),
    warn: (fields, message) => lines.warn(fields, message),
    info: (fields, message) => lines.info(fields, message),
    debug: (fields, message) => lines.debug(fields, message),
    trace: (fields, message) => lines.trace(fields, message),
    flush: () => {
      if ('flushSync' in sink && typeof sink.flushSync === 'function') sink.flushSync()
    },
  }
}

function standardOutput(): DestinationStream {
  return destination({ dest: 1, sync: false, maxLength: BUFFERED_BYTES_MAX })
}

/**
 * An unexpected error as log fields: its class, its message and the frames of its stack. Messages of the JSON
 * parser quote the text they failed on, which may be a document, so they are left out.
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error_type: typeof error }
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return {
    error_type: error.name,
    error_message: error instanceof SyntaxError ? undefined : redactText(error.message).slice(0, 500),
    stack: frames.slice(0, 12).join('\n'),
  }
}

/** Blanks out bearer tokens inside free text. */
export function redactText(text: string): string {
  return text.replace(/\b(bearer|x-admin-key:?)\s+\S+/gi, '$1 [redacted]')
}
