import { type GatherRequest, ROW, ROW_FLAG } from '../../../src/kernel/kernel.ts'

/** `value` in as many octal digits, written with the eight characters. */
export function octal(value: bigint, digits: number): string {
  return value
    .toString(8)
    .padStart(digits, '0')
    .replace(/\d/g, (digit) => '!%()*:;?'[Number(digit)] ?? '')
}

/** The slow twin of `Kernel.gather`. */
export function gatherOracle({ body, rows, shards, seq }: GatherRequest): string {
  const documents: string[] = []
  for (let row = 0; row * ROW.stride < rows.length; row++) {
    const [start, end, , , shard = 0, flags = 0] = rows.slice(row * ROW.stride)
    if (shards !== null && !shards.has(shard)) continue
    const rest = Buffer.from(body.slice((start ?? 0) + 1, end)).toString()
    const place = octal(BigInt(seq) * 2n ** 21n + BigInt(row), 18)
    const comma = (flags & ROW_FLAG.empty) !== 0 ? '' : ','
    documents.push(`{"_miroir_shard":"${octal(BigInt(shard), 4)}","_miroir_seq":"${place}"${comma}${rest}`)
  }
  return `[${documents.join(',')}]`
}
