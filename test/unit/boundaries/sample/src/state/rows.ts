import { aliases } from '../features/aliases/aliases.ts'
import type { Rows } from '../features/aliases/store.ts'

export const kept: Rows = aliases
