import { createUndiciTransport } from '../../src/nodes/undici.ts'
import { transportSuite } from './transport-suite.ts'

transportSuite('undici', createUndiciTransport)
