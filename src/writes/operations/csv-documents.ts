import { limits } from '../../config/limits.ts'
import { humanSize } from '../../config/sizes.ts'
import { isFault } from '../../kernel/kernel.ts'
import type { DocumentFormat } from '../../model/documents.ts'
import { fail } from '../../model/errors.ts'
import type { DocumentWrite } from '../../model/writes.ts'
import type { WriteContext } from '../context.ts'
import { bodyFault } from './document-checks.ts'

/** A write whose body is JSON of some form. */
export interface JsonWrite extends DocumentWrite {
  readonly format: DocumentFormat
}

/** The write with its CSV, if it is CSV, turned into JSON. Throws a node's refusal of CSV that is none. */
export async function asJson(context: WriteContext, write: DocumentWrite): Promise<JsonWrite> {
  const { format, body, delimiter } = write
  if (format !== 'csv') return { ...write, format }
  const grown = limits.csvBytesMin + limits.csvGrowthMax * body.length
  const bytesMax = Math.min(context.config.laneBytesMax, grown)
  const read = await context.kernel.readCsv({ body, delimiter, bytesMax })
  if (isFault(read)) throw bodyFault(body, 'ndjson', read)
  if (!('refusal' in read)) return { ...write, format: 'ndjson', body: read.ndjson }
  if (read.refusal === null) throw fail('miroir_body_grows', { limit: humanSize(bytesMax), form: 'JSON' })
  const message = `The \`csv\` payload provided is malformed: \`${read.refusal}\`.`
  throw fail('malformed_payload', { message })
}
