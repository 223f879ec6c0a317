import { workerData } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { CsvRequest } from './csv/read-csv.ts'
import { createInlineKernel } from './inline.ts'
import type { GatherRequest, KernelFault, MergeRequest, SplitRequest } from './kernel.ts'

/** What a worker is asked. Bodies on shared memory arrive without a copy. */
export type KernelTask =
  | { readonly kind: 'split'; readonly request: SplitRequest }
  | { readonly kind: 'csv'; readonly request: CsvRequest }
  | { readonly kind: 'gather'; readonly request: GatherRequest }
  | { readonly kind: 'merge'; readonly request: MergeRequest }
  | { readonly kind: 'warm' }

const { module } = workerData as { readonly module: WebAssembly.Module }
const kernel = createInlineKernel(module)

/** Answers results with their buffers moved, or faults, as values; throws only for bugs. */
export default function run(task: KernelTask): unknown {
  switch (task.kind) {
    case 'split':
      return kernel.split(task.request)
    case 'csv':
      return kernel.readCsv(task.request)
    case 'gather':
      return moved(kernel.gather(task.request))
    case 'merge': {
      const result = kernel.merge(task.request)
      return 'fault' in result ? result : movedWith(result, result.hits)
    }
    case 'warm':
      return kernel.shardOf('', 1)
  }
}

function moved(result: Uint8Array | KernelFault): unknown {
  return result instanceof Uint8Array ? movedWith(result, result) : result
}

function movedWith(value: object, bytes: Uint8Array): unknown {
  return move({ [transferableSymbol]: [bytes.buffer], [valueSymbol]: value } as never)
}
