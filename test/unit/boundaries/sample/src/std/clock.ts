import type { NodeId } from '../model/ids.ts'

export const first: NodeId = 'a'
