import { aliases } from '../aliases/aliases.ts'

export const tasks = aliases
