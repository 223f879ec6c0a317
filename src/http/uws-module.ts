import { createRequire } from 'node:module'

/** The part of the uWebSockets.js API this program uses. */
export interface UwsResponse {
  onAborted(handler: () => void): UwsResponse
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse
  onWritable(handler: (offset: number) => boolean): UwsResponse
  writeStatus(status: string): UwsResponse
  writeHeader(name: string, value: string): UwsResponse
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse
  endWithoutBody(): UwsResponse
  tryEnd(rest: Uint8Array, totalSize: number): [ok: boolean, done: boolean]
  cork(write: () => void): UwsResponse
  close(): UwsResponse
}

export interface UwsRequest {
  getUrl(): string
  /** Undefined where the target has none. */
  getQuery(): string | undefined
  getCaseSensitiveMethod(): string
  forEach(visit: (name: string, value: string) => void): void
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  listen(host: string, port: number, options: number, done: (socket: unknown) => void): UwsApp
  close(): UwsApp
}

export interface UwsModule {
  App(): UwsApp
  us_listen_socket_close(socket: unknown): void
  us_socket_local_port(socket: unknown): number
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}

export type Loaded =
  | { readonly kind: 'native'; readonly module: UwsModule }
  | { readonly kind: 'absent'; readonly reason: string }

/**
 * Loads the package and proves that its native build answers: without one it silently serves from a slow
 * imitation in JavaScript, whose functions show their source.
 */
export function loadUws(load: () => unknown = requirePackage): Loaded {
  let loaded: unknown
  try {
    loaded = load()
  } catch (error) {
    return { kind: 'absent', reason: error instanceof Error ? error.message : String(error) }
  }
  if (!looksLikeUws(loaded))
    return { kind: 'absent', reason: 'the package lacks functions this program needs' }
  if (!isNative(loaded.App)) {
    return {
      kind: 'absent',
      reason: `no native build for ${process.platform} ${process.arch}, Node ${process.version}`,
    }
  }
  return { kind: 'native', module: loaded }
}

function requirePackage(): unknown {
  return createRequire(import.meta.url)('uWebSockets.js')
}

function looksLikeUws(value: unknown): value is UwsModule {
  if (typeof value !== 'object' || value === null) return false
  const { App, us_listen_socket_close, us_socket_local_port } = value as Partial<UwsModule>
  return [App, us_listen_socket_close, us_socket_local_port].every((member) => typeof member === 'function')
}

function isNative(callable: () => unknown): boolean {
  return Function.prototype.toString.call(callable).includes('[native code]')
}
