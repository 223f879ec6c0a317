// @ts-check
// npm start: the demo, on a fresh clone too. Arguments go to `miroir demo`: npm start -- --port 7800
import { ensureBuilt } from './build.mjs'
import { becomeMain } from './run.mjs'

ensureBuilt()
becomeMain(['demo', ...process.argv.slice(2)])
