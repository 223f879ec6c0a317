import { Pool } from 'undici'
import type { Rows } from '../features/aliases/store.ts'
import { first } from '../std/clock.ts'

export const transport = { first, Pool }
export type Kept = Rows
