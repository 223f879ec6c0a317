import type { Rows } from './store.ts'

export const rows: Rows = []
