import { it } from 'vitest'
import { missing } from './missing.ts'

export const kernel = [it, missing]
