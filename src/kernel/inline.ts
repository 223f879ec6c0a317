import { assert } from '../std/assert.ts'
import { FIELD } from './abi.ts'
import { type CsvRefusal, type CsvRequest, type CsvResult, readCsv } from './csv/read-csv.ts'
import { gatherDocuments } from './gather.ts'
import type {
  GatherRequest,
  KernelFault,
  MergeRequest,
  MergeResult,
  SplitRequest,
  SplitResult,
} from './kernel.ts'
import { mergeAnswers } from './merge.ts'
import { splitDocuments } from './split.ts'
import { type CallBounds, KernelWindow } from './window.ts'

/** The kernels on the calling thread: every call is synchronous and runs to its end. */
export interface InlineKernel {
  split(request: SplitRequest): SplitResult | KernelFault
  readCsv(request: CsvRequest): CsvResult | CsvRefusal
  gather(request: GatherRequest): Uint8Array | KernelFault
  merge(request: MergeRequest): MergeResult | KernelFault
  shardOf(key: string, shards: number): number
  /** XXH64 with seed 0, for benches and tests. */
  hash(bytes: Uint8Array): bigint
  close(): Promise<void>
}

const encoder = new TextEncoder()
/** UTF-8 bytes that one UTF-16 unit can take. */
const BYTES_PER_UNIT = 3
/** A 511-byte key and more: longer texts get a region of their own. */
const KEY_UNITS = 1_024

/** @param bounds smaller than usual in tests, so that small inputs cross borders */
export function createInlineKernel(module: WebAssembly.Module, bounds?: CallBounds): InlineKernel {
  const window = new KernelWindow(module, bounds)
  // keys have a window of their own: they are hashed by the thousand, and while a split is under way
  const keys = new KernelWindow(module)
  const shardOf = (key: string, shards: number): number => guarded(keys, () => shardOfKey(keys, key, shards))
  return {
    split: (request) => guarded(window, () => splitDocuments(window, request, shardOf)),
    readCsv,
    gather: (request) => guarded(window, () => gatherDocuments(window, request)),
    merge: (request) => guarded(window, () => mergeAnswers(window, request)),
    shardOf,
    hash: (bytes) => guarded(window, () => hashBytes(window, bytes)),
    close: async () => {
      window.discard()
      keys.discard()
    },
  }
}

/**
 * After a trap or a failed assertion the instance's state is unknown: it is dropped, and the error is a bug
 * of ours.
 */
function guarded<T>(window: KernelWindow, call: () => T): T {
  try {
    const result = call()
    window.trim()
    return result
  } catch (error) {
    window.discard()
    throw new Error('a kernel call failed', { cause: error })
  }
}

function shardOfKey(window: KernelWindow, key: string, shards: number): number {
  window.begin()
  const region = window.region(Math.max(KEY_UNITS, key.length) * BYTES_PER_UNIT)
  assert(region !== null, 'a key fits into memory')
  const { written } = encoder.encodeInto(key, window.bytes.subarray(region.at, region.end))
  window.set(FIELD.input, region.at)
  window.set(FIELD.inputEnd, region.at + written)
  window.set(FIELD.shards, shards)
  return window.exports.shardOfInput()
}

function hashBytes(window: KernelWindow, bytes: Uint8Array): bigint {
  window.begin()
  const output = window.region(8)
  const input = window.region(bytes.length)
  assert(input !== null && output !== null, 'the input fits into memory')
  window.load(input, bytes)
  window.set(FIELD.output, output.at)
  window.exports.hashInput()
  const [low = 0, high = 0] = window.words(output)
  return (BigInt(high) << 32n) | BigInt(low)
}
