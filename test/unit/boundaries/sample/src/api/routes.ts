import { aliases } from '../features/aliases/aliases.ts'
import { rows } from '../features/aliases/rows.ts'

export const routes = [aliases, rows]
