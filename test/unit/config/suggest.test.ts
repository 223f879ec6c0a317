import { expect, it } from 'vitest'
import { suggest } from '../../../src/config/suggest.ts'

const names = ['port', 'bind', 'replication_factor', 'replica_groups', 'master_key']

it.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['replication-factor', 'replication_factor'],
  ['replicationFactor', 'replication_factor'],
  ['masterkey', 'master_key'],
  ['replica_group', 'replica_groups'],
])('%s was meant to be %s', (word, meant) => {
  expect(suggest(word, names)).toBe(meant)
})

it.each(['', 'x', 'purple', 'scatter'])('%j was meant to be nothing of ours', (word) => {
  expect(suggest(word, names)).toBeUndefined()
})
