/**
 * The plan of the house as data: which room may import which. Every room may also import itself, std and
 * model. A feature has a door, features/X/X.ts, and a port, features/X/store.ts. boundaries.cjs turns this
 * into rules.
 */
const rooms = {
  std: [],
  model: [],
  config: [],
  telemetry: ['config'],
  kernel: ['telemetry', 'config'],
  topology: ['config'],
  nodes: ['config', 'telemetry'],
  plan: [],
  scatter: ['nodes', 'telemetry', 'config'],
  merge: ['kernel', 'catalogue'],
  catalogue: ['config'],
  writes: ['nodes', 'kernel', 'topology', 'catalogue', 'telemetry', 'config'],
  flows: [
    'plan',
    'scatter',
    'merge',
    'kernel',
    'topology',
    'catalogue',
    'features/*/door',
    'telemetry',
    'config',
  ],
  features: ['topology', 'telemetry', 'config', 'catalogue'],
  state: ['config', 'features/*/port'],
  api: ['flows', 'features/*/door', 'topology', 'catalogue', 'telemetry', 'config'],
  http: ['config', 'telemetry'],
  transfer: ['nodes', 'config'],
  cli: ['config', 'transfer'],
  devnode: [],
}

/** Files that wire rooms together and may import all of them. */
const free = [
  'app.ts',
  'app-routes.ts',
  'read-path.ts',
  'observe.ts',
  'open-store.ts',
  'serve.ts',
  'demo.ts',
  'main.ts',
  'transfer.ts',
]

/** Libraries with effects or a dialect of their own, and the rooms that are their only door. */
const doors = {
  'uWebSockets.js': ['http'],
  undici: ['nodes'],
  piscina: ['kernel'],
  'better-sqlite3': ['state/sqlite', 'devnode'],
  pino: ['telemetry'],
  'prom-client': ['telemetry'],
  zod: ['config'],
  yaml: ['config'],
  commander: ['cli'],
  msgpackr: ['state'],
}

module.exports = { rooms, free, doors }
