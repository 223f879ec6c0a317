import type { NodeId } from '../../model/ids.ts'

export type Rows = readonly NodeId[]
