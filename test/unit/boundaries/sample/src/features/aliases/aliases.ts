import { rows } from './rows.ts'

export const aliases = rows
