import { FixedQueue, Piscina } from 'piscina'
import type { CsvRequest, CsvResult } from './csv/read-csv.ts'
import { NO_ROOM } from './fault.ts'
import type {
  CsvReply,
  GatherRequest,
  KernelFault,
  MergeRequest,
  MergeResult,
  SplitRequest,
  SplitResult,
} from './kernel.ts'
import type { KernelTask } from './worker.ts'

/** The kernels in worker threads: nothing of them runs on the calling thread but the hand-over. */
export interface PoolKernel {
  split(request: SplitRequest): Promise<SplitResult | KernelFault>
  readCsv(request: CsvRequest): Promise<CsvReply>
  gather(request: GatherRequest): Promise<Uint8Array | KernelFault>
  merge(request: MergeRequest): Promise<MergeResult | KernelFault>
  close(): Promise<void>
}

const CALLS_PER_WORKER = 16
const IDLE_MS = 60_000

export interface PoolOptions {
  readonly workers: number
  /** Calls that may wait for a worker; beyond it they get `no-slab`. */
  readonly queueMax: number
}

function startThreads(
  module: WebAssembly.Module,
  { workers, queueMax }: PoolOptions,
): Piscina<KernelTask, unknown> {
  return new Piscina<KernelTask, unknown>({
    filename: import.meta.resolve('#kernel-worker'),
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: IDLE_MS,
    atomics: 'disabled',
    concurrentTasksPerWorker: CALLS_PER_WORKER,
    maxQueue: queueMax,
    taskQueue: new FixedQueue(),
    recordTiming: true,
    workerData: { module },
  })
}

/** Starts the threads and waits until each of them is warm. */
export async function createPoolKernel(
  module: WebAssembly.Module,
  { workers, queueMax }: PoolOptions,
): Promise<PoolKernel> {
  const pool = startThreads(module, { workers, queueMax })
  let isClosed = false
  const run = async <T extends object>(
    task: KernelTask,
    buffers: ArrayBuffer[],
  ): Promise<T | KernelFault> => {
    if (isClosed || pool.queueSize >= queueMax) return NO_ROOM
    try {
      return (await pool.run(task, { transferList: buffers })) as T
    } catch (error) {
      if (isClosed) return NO_ROOM
      throw error
    }
  }
  await Promise.all(Array.from({ length: workers }, () => pool.run({ kind: 'warm' })))
  return {
    split(request) {
      const body = sendable(request.body)
      return run<SplitResult>({ kind: 'split', request: { ...request, body } }, owned([body]))
    },
    readCsv(request) {
      const body = sendable(request.body)
      return run<CsvResult>({ kind: 'csv', request: { ...request, body } }, owned([body]))
    },
    gather(request) {
      const body = sendable(request.body)
      const rows = onSharedMemory(request.rows)
      return run<Uint8Array>({ kind: 'gather', request: { ...request, body, rows } }, owned([body]))
    },
    merge(request) {
      const answers = request.answers.map(sendable)
      return run<MergeResult>({ kind: 'merge', request: { ...request, answers } }, owned(answers))
    },
    async close() {
      isClosed = true
      await pool.destroy()
    },
  }
}

/**
 * Bytes that may cross to a worker: on shared memory as they are, else as a copy of exactly these bytes that
 * is then moved. (Sending a view as it is would copy all of the buffer behind it.)
 */
function sendable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? plainView(bytes, bytes.buffer) : new Uint8Array(bytes)
}

/** A `Buffer` arrives as a plain array either way; here it is one already. */
function plainView(bytes: Uint8Array, memory: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(memory, bytes.byteOffset, bytes.length)
}

function onSharedMemory(rows: Uint32Array): Uint32Array {
  if (rows.buffer instanceof SharedArrayBuffer) return rows
  const shared = new Uint32Array(new SharedArrayBuffer(rows.byteLength))
  shared.set(rows)
  return shared
}

function owned(views: readonly Uint8Array[]): ArrayBuffer[] {
  return views.map((view) => view.buffer).filter((buffer) => buffer instanceof ArrayBuffer)
}
