export type NodeId = string
