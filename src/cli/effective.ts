import { type ConfigKey, configKeys } from '../config/keys.ts'
import type { LoadedConfig } from '../config/load.ts'
import { describeOrigin, getAt } from '../config/origins.ts'

const MASK = '********'
const COMMENT_COLUMN = 44

interface EffectiveValue {
  readonly key: ConfigKey
  readonly value: unknown
  readonly origin: string
}

/** Valid YAML with a comment behind each value that tells its origin. */
export function effectiveYaml(loaded: LoadedConfig): string {
  const lines: string[] = []
  let section = ''
  for (const { key, value, origin } of effectiveValues(loaded)) {
    const [head = '', ...rest] = key.path.split('.')
    const nested = rest.length > 0
    if (nested && head !== section) lines.push(`${head}:`)
    section = head
    const name = nested ? `  ${rest.join('.')}` : head
    if (Array.isArray(value) && value.length > 0) {
      lines.push(commented(`${name}:`, origin), ...value.map((item) => `  - ${JSON.stringify(item)}`))
    } else lines.push(commented(`${name}: ${JSON.stringify(value)}`, origin))
  }
  return `${lines.join('\n')}\n`
}

export function effectiveJson(loaded: LoadedConfig): string {
  const entries = effectiveValues(loaded).map(({ key, value, origin }) => [key.path, { value, origin }])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

function effectiveValues({ written, origins }: LoadedConfig): EffectiveValue[] {
  return configKeys.map((key) => {
    const value = getAt(written, key.path.split('.'))
    const origin = describeOrigin(origins.get(key.path) ?? { kind: 'default' })
    return { key, value: key.secret && value !== null ? MASK : value, origin }
  })
}

function commented(text: string, origin: string): string {
  return `${text.padEnd(COMMENT_COLUMN)} # ${origin}`
}
