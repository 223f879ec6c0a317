const { join } = require('node:path')
const { rooms, free, doors } = require('./rooms.cjs')

const FEATURE_DOOR = '^src/features/([^/]+)/\\1[.]ts$'
const FEATURE_PORT = '^src/features/[^/]+/store[.]ts$'
const FREE = `^src/(?:${free.map(escaped).join('|')})$`

/** Escapes what has a meaning in a regular expression. */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '[$&]')
}

/** A room may reach itself, std (model's and all others' ground), model, and what its row names. */
function roomRule([room, allowed]) {
  const ground = room === 'std' ? [] : ['std', 'model']
  const folders = [room, ...ground, ...allowed.filter((name) => !name.startsWith('features/'))]
  const inner = [`^src/(?:${folders.join('|')})/`]
  if (allowed.includes('features/*/door')) inner.push(FEATURE_DOOR)
  if (allowed.includes('features/*/port')) inner.push(FEATURE_PORT)
  return {
    name: `room-${room}`,
    comment: `${room} may import only: ${[...ground, ...allowed].join(', ') || 'nothing'} (scripts/rooms.cjs)`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: inner },
  }
}

function doorRule([library, allowed]) {
  return {
    name: `door-${library}`,
    comment: `${library} is imported in ${allowed.join(' and ')} only`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/(?:${allowed.join('|')})/` },
    to: { path: `(?:^|/)node_modules/${escaped(library)}/` },
  }
}

const houseRules = [
  {
    name: 'known-room',
    comment: 'every file lives in a room of scripts/rooms.cjs',
    severity: 'error',
    from: { path: '^src/', pathNot: [FREE, `^src/(?:${Object.keys(rooms).join('|')})/`] },
    to: {},
  },
  {
    name: 'feature-isolation',
    comment: 'features do not know each other; app.ts hands one the capability of another',
    severity: 'error',
    from: { path: '^src/features/([^/]+)/' },
    to: { path: '^src/features/', pathNot: '^src/features/$1/' },
  },
  {
    name: 'no-cycle',
    comment: 'two files that need each other are one thing, or a third is missing',
    severity: 'error',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'no-orphan',
    comment: 'nobody imports this file and it imports nothing',
    severity: 'error',
    from: { path: '^src/', pathNot: '[.]d[.]ts$', orphan: true },
    to: {},
  },
  {
    name: 'no-development-package',
    comment: 'the product does not run on packages that are installed for development only',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
  },
  {
    name: 'resolvable',
    comment: 'the imported file does not exist',
    severity: 'error',
    from: { path: '^src/' },
    to: { couldNotResolve: true },
  },
]

module.exports = {
  forbidden: [...Object.entries(rooms).map(roomRule), ...Object.entries(doors).map(doorRule), ...houseRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: join(__dirname, '../tsconfig.json') },
    // Imports of types are dependencies, too.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
