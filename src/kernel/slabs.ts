import type { SlabPool, WritableSlab } from '../model/call.ts'
import { assert } from '../std/assert.ts'

/** Smallest slab; most bodies are far below. */
const SLAB_BYTES_MIN = 16_384
/** Free slabs beyond this are let go, so that memory falls again after a load. */
const FREE_BYTES_MAX = 33_554_432

/**
 * Slabs on shared memory, in size classes of which four lie between a power of two and the next: at most a
 * quarter of a slab is unused. `budgetBytes` bounds all slabs taken or kept free.
 */
export function createSlabPool(budgetBytes: number): SlabPool {
  const free = new Map<number, SharedArrayBuffer[]>()
  let takenBytes = 0
  let freeBytes = 0

  const reuse = (size: number): SharedArrayBuffer | undefined => {
    const found = free.get(size)?.pop()
    if (found !== undefined) freeBytes -= size
    return found
  }
  const dropFree = (): void => {
    free.clear()
    freeBytes = 0
  }
  const giveBack = (buffer: SharedArrayBuffer): void => {
    const size = buffer.byteLength
    takenBytes -= size
    if (freeBytes + size > FREE_BYTES_MAX) return
    const list = free.get(size) ?? []
    list.push(buffer)
    free.set(size, list)
    freeBytes += size
  }

  return {
    take(bytes) {
      const size = sizeClass(bytes)
      if (takenBytes + size > budgetBytes) return null
      const reused = reuse(size)
      if (reused === undefined && takenBytes + freeBytes + size > budgetBytes) dropFree()
      const buffer = reused ?? new SharedArrayBuffer(size)
      takenBytes += size
      return slab(buffer, giveBack)
    },
  }
}

/** Memory of an earlier body is not cleared: a reader looks only at what was written since. */
function slab(buffer: SharedArrayBuffer, giveBack: (buffer: SharedArrayBuffer) => void): WritableSlab {
  let isReleased = false
  return {
    memory: new Uint8Array(buffer),
    release() {
      assert(!isReleased, 'a slab is released once')
      isReleased = true
      giveBack(buffer)
    },
  }
}

/** The smallest class that holds `bytes`. */
function sizeClass(bytes: number): number {
  if (bytes <= SLAB_BYTES_MIN) return SLAB_BYTES_MIN
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2)
  return Math.ceil(bytes / step) * step
}
