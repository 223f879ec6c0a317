import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { limits } from '../../config/limits.ts'
import type { SlabPool } from '../../model/call.ts'
import { Body } from './body.ts'
import type { BodyFault, Encoding } from './body-kinds.ts'

type Unpacked = { readonly body: Body } | { readonly fault: BodyFault }

const PIECE_BYTES = 131_072
/** Length of what a gzip stream says it holds, at its end. */
const GZIP_SIZE_BYTES = 4

/**
 * Undoes an encoding in threads of the runtime. As on a node, a gzip stream must be one whole member, while
 * what has arrived of a cut one of the other kinds counts; nothing may follow the end. `packed` must stay as
 * it is until this has settled. Stops early where the result is too long, or out of proportion.
 */
export async function unpack(
  packed: Uint8Array,
  encoding: Encoding,
  bounds: { readonly slabs: SlabPool; readonly bytesMax: number },
): Promise<Unpacked> {
  const body = Body.ofUnknownLength(bounds.slabs, bounds.bytesMax)
  const fault = await run(packed, encoding, body)
  if (fault === null) return { body }
  body.release()
  return { fault }
}

function run(packed: Uint8Array, encoding: Encoding, body: Body): Promise<BodyFault | null> {
  const stream = streamOf(encoding)
  const grownMax = Math.max(limits.unpackedBytesMin, limits.unpackedGrowthMax * packed.length)
  return new Promise((resolve) => {
    let fault: BodyFault | null = null
    const stop = (reason: BodyFault): void => {
      fault ??= reason
      stream.destroy()
    }
    stream.on('data', (piece: Uint8Array) => {
      if (fault !== null) return
      const appended = body.append(piece)
      if (appended !== 'ok') stop(appended)
      else if (body.length > grownMax) stop('grows')
    })
    stream.on('error', () => stop('incomplete'))
    stream.on('end', () => {
      if (!isWhole(packed, encoding, stream.bytesWritten, body.length)) fault ??= 'incomplete'
    })
    stream.on('close', () => resolve(fault))
    stream.end(packed)
  })
}

function streamOf(encoding: Encoding): Transform & { readonly bytesWritten: number } {
  const chunkSize = PIECE_BYTES
  if (encoding === 'gzip') return createGunzip({ chunkSize })
  if (encoding === 'deflate') return createInflate({ chunkSize, finishFlush: constants.Z_SYNC_FLUSH })
  return createBrotliDecompress({ chunkSize, finishFlush: constants.BROTLI_OPERATION_FLUSH })
}

/** Nothing follows the stream; and of gzip there is one member, which tells its own length. */
function isWhole(packed: Uint8Array, encoding: Encoding, consumed: number, length: number): boolean {
  if (consumed !== packed.length) return false
  if (encoding !== 'gzip') return true
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  return view.getUint32(packed.length - GZIP_SIZE_BYTES, true) === length % 2 ** 32
}
