import { createApp } from './app.ts'
import { type LoadedConfig, requireNodes } from './config/load.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { createLogger, type LogLevel } from './telemetry/log.ts'

/** Runs the proxy until SIGTERM or SIGINT, then drains. */
export async function serve(loaded: LoadedConfig): Promise<void> {
  requireNodes(loaded)
  const { config } = loaded
  const logger = createLogger({ level: config.log.level as LogLevel })
  for (const warning of loaded.warnings) logger.warn({}, warning)
  const app = await createApp({ config, logger })
  const metrics = config.metrics.enabled
    ? await startMetricsServer({
        bind: config.metrics.bind,
        port: config.metrics.port,
        metrics: app.metrics,
        logger,
      })
    : null
  logger.info({ port: app.server.port, engine: app.server.engine }, 'miroir is listening')
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  logger.info({}, 'draining')
  await app.close()
  await metrics?.close()
  logger.info({}, 'stopped')
}
