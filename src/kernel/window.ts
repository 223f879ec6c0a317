import { assert } from '../std/assert.ts'
import { FIELD, type KernelExports, SLACK_BYTES } from './abi.ts'

const PAGE_BYTES = 65_536
/** An instance that had to grow beyond this is dropped after the call: WASM memory never shrinks. */
const KEEP_BYTES = 67_108_864
/** 32-bit addresses, less a page so that every end is an address too. */
const MEMORY_BYTES_MAX = 4_294_901_760

/** How much one call of a kernel takes. Larger inputs are worked through piece by piece. */
export interface CallBounds {
  /** Bytes of a body that one call copies in, but for longer documents. */
  readonly inputBytes: number
  readonly rows: number
}

const CALL_BOUNDS: CallBounds = { inputBytes: 1_048_576, rows: 8_192 }

/** A region of a window's memory. Addresses are absolute. */
export interface Region {
  readonly at: number
  readonly end: number
}

/**
 * One instance of the kernels with its private memory. A call lays out the memory anew: `begin`, then one
 * `region` after the other, so there is no map of fixed addresses to outgrow.
 */
export class KernelWindow {
  readonly bounds: CallBounds
  readonly #module: WebAssembly.Module
  #exports: KernelExports | null = null
  #control = new Uint32Array(0)
  #bytes = new Uint8Array(0)
  #free = 0

  constructor(module: WebAssembly.Module, bounds: CallBounds = CALL_BOUNDS) {
    this.#module = module
    this.bounds = bounds
  }

  get exports(): KernelExports {
    return this.#exports ?? this.#open()
  }

  /** The whole memory. Stale after `region`: take it again. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Starts a layout. */
  begin(): void {
    this.#free = align(this.exports.freeAddress())
  }

  /** Room for `size` bytes and the slack behind them; null when memory cannot grow that far. */
  region(size: number): Region | null {
    const at = this.#free
    const end = at + size
    this.#free = align(end + SLACK_BYTES)
    if (this.#free > this.#bytes.length && !this.#grow(this.#free)) return null
    return { at, end }
  }

  /** Copies `source` in as an input, with the zero bytes that stop a scan, and announces it. */
  load(region: Region, source: Uint8Array): void {
    const end = region.at + source.length
    assert(end <= region.end && region.end + SLACK_BYTES <= this.#bytes.length, 'input fits its region')
    this.#bytes.set(source, region.at)
    this.#bytes.fill(0, end, end + SLACK_BYTES)
    this.set(FIELD.input, region.at)
    this.set(FIELD.inputEnd, end)
  }

  set(field: number, value: number): void {
    this.#control[field] = value
  }

  get(field: number): number {
    return this.#control[field] ?? 0
  }

  /** Words of memory, for tables. Stale after `region`. */
  words(region: Region): Uint32Array {
    assert(region.end <= this.#bytes.length, 'table lies in memory')
    return new Uint32Array(this.#bytes.buffer, region.at, (region.end - region.at) >>> 2)
  }

  /** Drops an instance that has grown large. Called after every use. */
  trim(): void {
    if (this.#bytes.length > KEEP_BYTES) this.discard()
  }

  /** Drops the instance; the next use makes a new one. */
  discard(): void {
    this.#exports = null
    this.#control = new Uint32Array(0)
    this.#bytes = new Uint8Array(0)
  }

  #open(): KernelExports {
    const instance = new WebAssembly.Instance(this.#module, {})
    const exports = instance.exports as unknown as KernelExports
    this.#exports = exports
    this.#view(exports)
    return exports
  }

  #grow(bytes: number): boolean {
    if (bytes > MEMORY_BYTES_MAX) return false
    const exports = this.exports
    const missing = Math.ceil((bytes - this.#bytes.length) / PAGE_BYTES)
    try {
      exports.memory.grow(missing)
    } catch {
      // RangeError: the machine gives no more
      return false
    }
    this.#view(exports)
    return true
  }

  /** Growing detaches every view, so they are made here and nowhere else. */
  #view(exports: KernelExports): void {
    this.#bytes = new Uint8Array(exports.memory.buffer)
    this.#control = new Uint32Array(exports.memory.buffer, exports.controlAddress(), 64)
  }
}

function align(address: number): number {
  return Math.ceil(address / 64) * 64
}
