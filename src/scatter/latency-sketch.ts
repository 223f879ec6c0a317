const LEAST_MS = 0.05
/** Width of a bucket: what is read from one is wrong by less than half of it. */
const GROWTH = 1.1
const BUCKETS = 180
const LOG_GROWTH = Math.log(GROWTH)
/** Weights grow instead of old samples being made lighter; beyond this all are made smaller at once. */
const WEIGHT_MAX = 2 ** 40

/**
 * Quantiles of latencies in which old samples count less and less: logarithmic buckets from 0.05 ms to 20
 * minutes, exact to 5 %, in constant memory and time.
 */
export class LatencySketch {
  readonly #halfLifeMs: number
  readonly #buckets = new Float64Array(BUCKETS)
  #total = 0
  /** Time at which a sample weighs 1. */
  #epoch: number | null = null

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
  }

  /** `now`: monotonic milliseconds, never before an earlier call's. */
  add(tookMs: number, now: number): void {
    let weight = this.#weight(now)
    if (weight > WEIGHT_MAX) {
      for (let at = 0; at < BUCKETS; at++) this.#buckets[at] = (this.#buckets[at] ?? 0) / weight
      this.#total /= weight
      this.#epoch = now
      weight = 1
    }
    const at = bucketOf(tookMs)
    this.#buckets[at] = (this.#buckets[at] ?? 0) + weight
    this.#total += weight
  }

  /** Samples as they count now. */
  count(now: number): number {
    return this.#total / this.#weight(now)
  }

  /** `share` in [0, 1]; 0 when there are no samples. */
  quantile(share: number): number {
    if (this.#total === 0) return 0
    let left = share * this.#total
    for (let at = 0; at < BUCKETS; at++) {
      left -= this.#buckets[at] ?? 0
      if (left <= 0) return middleOf(at)
    }
    return middleOf(BUCKETS - 1)
  }

  #weight(now: number): number {
    this.#epoch ??= now
    return 2 ** ((now - this.#epoch) / this.#halfLifeMs)
  }
}

function bucketOf(tookMs: number): number {
  if (!(tookMs > LEAST_MS)) return 0
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(tookMs / LEAST_MS) / LOG_GROWTH))
}

/** The geometric middle of a bucket. */
function middleOf(bucket: number): number {
  return LEAST_MS * GROWTH ** (bucket - 0.5)
}
