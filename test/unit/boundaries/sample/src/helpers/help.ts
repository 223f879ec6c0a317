import { first } from '../std/clock.ts'

export const help = first
