import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

let compiled: Promise<WebAssembly.Module> | null = null

/** The compiled kernels: once per process; threads get the module and make their own instance. */
export function kernelModule(): Promise<WebAssembly.Module> {
  compiled ??= compile()
  return compiled
}

async function compile(): Promise<WebAssembly.Module> {
  const bytes = await readFile(fileURLToPath(import.meta.resolve('#kernel-wasm')))
  return WebAssembly.compile(bytes)
}
