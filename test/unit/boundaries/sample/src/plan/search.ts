import { Pool } from 'undici'
import { transport } from '../nodes/transport.ts'

export const plan = [Pool, transport]
