import { CsvFault, readCsv } from '../../../../src/devnode/json/csv.ts'
import type { CsvReply } from '../../../../src/kernel/kernel.ts'

/** The embedded node's reader, one character after another, as the twin of the kernel's. */
export function csvOracle(body: Uint8Array, delimiter: string, bytesMax: number): CsvReply {
  try {
    const documents = readCsv(body, delimiter)
    const ndjson = Buffer.from(documents.map((document) => `${document}\n`).join(''))
    return ndjson.length > bytesMax ? { refusal: null } : { documents: documents.length, ndjson }
  } catch (error) {
    if (error instanceof CsvFault) return { refusal: error.message }
    throw error
  }
}
