import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorFields, type Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export interface MetricsServerOptions {
  readonly bind: string
  /** 0 takes any free port. */
  readonly port: number
  readonly metrics: Pick<Metrics, 'render'>
  readonly logger?: Logger
}

export interface RunningMetricsServer {
  readonly port: number
  close(): Promise<void>
}

/** Serves `GET /metrics` without a key, on a port that need not be reachable by clients. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<RunningMetricsServer> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    request.resume()
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== '/metrics') return void response.writeHead(404).end()
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
    options.metrics.render().then(
      ({ contentType, body }) => response.writeHead(200, { 'content-type': contentType }).end(body),
      (error: unknown) => {
        options.logger?.error(errorFields(error), 'metrics could not be rendered')
        response.writeHead(500).end()
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.bind, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
