import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop ran since it was last asked, in seconds. */
export interface EventLoopDelay {
  readonly p50S: number
  readonly p99S: number
  readonly maxS: number
}

/** Asks for the delay and begins anew. */
export type EventLoopProbe = () => EventLoopDelay

const RESOLUTION_MS = 10
const NANOSECONDS = 1e9

/** Measures this thread's event loop from now on. What it would sleep anyway is not counted. */
export function measureEventLoop(): EventLoopProbe {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const seconds = (nanoseconds: number): number =>
    Math.max(0, (nanoseconds || 0) / NANOSECONDS - RESOLUTION_MS / 1_000)
  return () => {
    const delay = {
      p50S: seconds(histogram.percentile(50)),
      p99S: seconds(histogram.percentile(99)),
      maxS: seconds(histogram.count === 0 ? 0 : histogram.max),
    }
    histogram.reset()
    return delay
  }
}
