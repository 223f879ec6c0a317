/*
 * The part of the WebAssembly interface that the kernels use; its usual declarations come with the browser's.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>
    constructor(module: Module, imports: object)
  }
  function compile(bytes: Uint8Array): Promise<Module>
}
