import { isFault, type Kernel, ROW } from '../../../src/kernel/kernel.ts'
import { csvOracle } from './csv/csv-oracle.ts'
import { gatherOracle } from './gather-oracle.ts'
import { shardOracle } from './hash-oracle.ts'
import { mergeOracle } from './merge-oracle.ts'
import { splitOracle } from './split-oracle.ts'

/** The slow twins behind the kernels' own door, so that one suite runs on them too. */
export const kernelOracle: Kernel = {
  readCsv: ({ body, delimiter, bytesMax }) => csvOracle(body, delimiter, bytesMax),
  split(request) {
    const found = splitOracle(request)
    if (!Array.isArray(found)) return found
    const rows = new Uint32Array(found.length * ROW.stride)
    for (const [index, row] of found.entries()) {
      rows.set([row.start, row.end, row.keyStart, row.keyEnd, row.shard, row.flags], index * ROW.stride)
    }
    return { documents: found.length, rows }
  },
  gather: (request) => Buffer.from(gatherOracle(request)),
  merge(request) {
    const page = mergeOracle(request)
    if (isFault(page)) return page
    const envelopes = page.envelopes.map((envelope) => Buffer.from(envelope))
    return { ...page, hits: Buffer.from(page.hits), envelopes }
  },
  shardOf: shardOracle,
  close: async () => {},
}
