export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: string | null
  readonly holds: boolean | null
  readonly peer?: string
  readonly hash: string
}

/** Of rounds that took turns. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('no rounds')
  const sorted = [...values].sort((one, other) => one - other)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) }
}

/** How a median came about, beside it in the table. */
export function spreadText({ least, most }: Spread): string {
  const short = (value: number): string => String(Number(value.toPrecision(3)))
  return `rounds from ${short(least)} to ${short(most)}`
}
