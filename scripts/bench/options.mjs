// @ts-check

export const HELP = `npm run bench -- [options]           every bench, one line per claim
npm run bench -- NAME [options]      one of them, with options of its own: npm run bench -- NAME --help

  --only PATTERN   benches whose names match
  --small          small inputs: a quick look whose times mean nothing
  --json           {machine, claims} alone on stdout
  --save FILE      keeps {machine, claims} in that file
  --compare FILE   shows each value divided by the one kept in that file
  --profile FILE   CPU profile of the proxy, for the benches that start it as a process of its own

Ends with 1 when a bench broke or a claim does not hold.`

/**
 * @typedef {object} Options
 * @property {string | null} name the one bench to run
 * @property {RegExp} only
 * @property {boolean} small
 * @property {boolean} json
 * @property {boolean} help
 * @property {string | null} save
 * @property {string | null} compare
 * @property {string | null} profile
 * @property {string[]} own what is left for the named bench
 */

const FLAGS = ['small', 'json', 'help']
const VALUES = ['only', 'save', 'compare', 'profile']

/**
 * @param {readonly string[]} args
 * @returns {Options}
 * @throws when an option is unknown to the suite and no bench is named that could know it
 */
export function readOptions(args) {
  const named = args[0] !== undefined && !args[0].startsWith('-')
  /** @type {Set<string>} */
  const flags = new Set()
  /** @type {Map<string, string>} */
  const values = new Map()
  const own = []
  const rest = args.slice(named ? 1 : 0)
  while (rest.length > 0) {
    const arg = rest.shift() ?? ''
    const [option = '', ...inline] = arg.replace(/^--/, '').split('=')
    if (arg.startsWith('--') && FLAGS.includes(option) && inline.length === 0) flags.add(option)
    else if (arg.startsWith('--') && VALUES.includes(option)) {
      const value = inline.length > 0 ? inline.join('=') : rest.shift()
      if (value === undefined || value === '') throw new Error(`--${option} wants a value`)
      values.set(option, value)
    } else own.push(arg)
  }
  if (!named && own.length > 0) throw new Error(`unknown: ${own.join(' ')}`)
  const value = (/** @type {string} */ option) => values.get(option) ?? null
  return {
    name: named ? (args[0] ?? null) : null,
    only: new RegExp(value('only') ?? '.'),
    ...{ small: flags.has('small'), json: flags.has('json'), help: flags.has('help') },
    ...{ save: value('save'), compare: value('compare'), profile: value('profile'), own },
  }
}
