import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { configurationPage } from '../../../scripts/configuration-page.ts'
import { configKeys, type KeySchema, schemaAt } from '../../../src/config/keys.ts'
import { limits } from '../../../src/config/limits.ts'
import { loadConfig } from '../../../src/config/load.ts'

it('docs/configuration.md is what the schema says; `npm run docs` writes it', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8')
  expect(page).toBe(configurationPage())
})

it('every key has a description, and every default is a value the key accepts', () => {
  for (const { path, schema } of configKeys) {
    expect(schema.description, path).toMatch(/\.$/)
    expect(fits(schema), path).toBe(true)
  }
})

function fits(schema: KeySchema): boolean {
  if (schema.enum !== undefined) return schema.enum.includes(String(schema.default))
  if (schema.type !== 'integer') return true
  const value = Number(schema.default)
  return value >= (schema.minimum ?? 0) && value <= (schema.maximum ?? 0)
}

it('bounds that can be set have the defaults of limits.ts', () => {
  const { config } = loadConfig({ file: null, env: {}, sets: [] })
  for (const [name, value] of Object.entries(config.limits))
    expect(value, name).toBe(limits[name as keyof typeof limits])
})

it('finds the schema at a path of names and positions', () => {
  expect(schemaAt(['nodes', 3, 'id'])?.examples).toEqual(['node-a'])
  expect(schemaAt(['nodes', 'id'])).toBeUndefined()
  expect(schemaAt(['master_key'])?.type).toBe('string')
})
