import { unreachable } from '../std/assert.ts'
import { CODE } from './abi.ts'
import type { KernelFault } from './kernel.ts'

type FaultName = KernelFault['fault']
type FaultCode = Exclude<(typeof CODE)[keyof typeof CODE], 0 | 1 | 2>

/** A fault from a kernel's code. `offset` is a byte position in the input `input`. */
export function faultOf(code: number, offset: number, input: number): KernelFault {
  return { fault: faultName(code as FaultCode), offset, input }
}

/** Memory for the call could not be had: the caller sheds it. */
export const NO_ROOM: KernelFault = { fault: 'no-slab', offset: 0, input: 0 }

function faultName(code: FaultCode): FaultName {
  switch (code) {
    case CODE.syntax:
      return 'syntax'
    case CODE.truncated:
      return 'truncated'
    case CODE.depth:
      return 'depth'
    case CODE.notDocuments:
      return 'not-documents'
    case CODE.unreadable:
      return 'unreadable-details'
    default:
      return unreachable(code)
  }
}
