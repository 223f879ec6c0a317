import { isFault, type Kernel, type KernelFault, ROW, type SplitResult } from '../../../src/kernel/kernel.ts'

/* Calls of a kernel as its suites make them: texts in, texts out. */

export const SHARDS = 64

export interface Row {
  readonly text: string
  readonly key: string
  readonly shard: number
  readonly flags: number
}

export async function split(
  kernel: Kernel,
  body: string | Uint8Array,
  options: object = {},
): Promise<SplitResult | KernelFault> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return kernel.split({ body: bytes, format: 'json', primaryKey: 'id', shards: SHARDS, ...options })
}

export async function rowsOf(kernel: Kernel, body: string, options: object = {}): Promise<Row[]> {
  const result = await split(kernel, body, options)
  if (isFault(result)) throw new Error(`${result.fault} at ${result.offset}`)
  const bytes = Buffer.from(body)
  return Array.from({ length: result.documents }, (__, index) => {
    const row = result.rows.subarray(index * ROW.stride, (index + 1) * ROW.stride)
    return {
      text: bytes.subarray(row[ROW.start], row[ROW.end]).toString(),
      key: bytes.subarray(row[ROW.keyStart], row[ROW.keyEnd]).toString(),
      shard: row[ROW.shard]!,
      flags: row[ROW.flags]!,
    }
  })
}

/** A number as our fields print it. */
export function octal(value: number, digits: number): string {
  return value
    .toString(8)
    .padStart(digits, '0')
    .replace(/\d/g, (digit) => '!%()*:;?'[Number(digit)]!)
}

export function shardDigits(shard: number): string {
  return octal(shard, 4)
}
