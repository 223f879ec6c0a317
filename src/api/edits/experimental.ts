import type { Features } from '../../features/experimental/experimental.ts'
import { type Call, json, type Reply, type Route } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import { EXPERIMENTAL_FEATURES } from '../../model/features.ts'
import { requireObject } from '../request/object-body.ts'
import { unknownName, wrongType } from '../request/refusals.ts'

export interface ExperimentalRouteDeps {
  readonly features: Features
}

/** The features that clients see and may switch on. */
export function experimentalRoutes({ features }: ExperimentalRouteDeps): Route[] {
  const template = '/experimental-features'
  const read = { kind: 'action', action: 'experimental.get' } as const
  const change = { kind: 'action', action: 'experimental.update' } as const
  return [
    { method: 'GET', template, access: read, handler: () => json(200, listed(features)) },
    { method: 'PATCH', template, access: change, handler: (call) => changeFeatures(features, call) },
  ]
}

function listed(features: Features): Readonly<Record<string, boolean>> {
  return Object.fromEntries(EXPERIMENTAL_FEATURES.map((feature) => [feature, features.isOn(feature)]))
}

async function changeFeatures(features: Features, call: Call): Promise<Reply> {
  const changes = new Map<string, boolean>()
  for (const [name, value] of requireObject(call)) {
    if (!EXPERIMENTAL_FEATURES.includes(name)) throw unknownName('field', name, EXPERIMENTAL_FEATURES)
    if (value !== 'true' && value !== 'false' && value !== 'null')
      throw wrongType('bad_request', `.${name}`, 'a boolean', value)
    if (value !== 'null') changes.set(name, value === 'true')
  }
  const unsupported = [...changes].find(([name, on]) => on && !features.isSupported(name))
  if (unsupported !== undefined)
    throw fail('miroir_unsupported', { feature: `The experimental feature \`${unsupported[0]}\`` })
  await features.change(changes)
  return json(200, listed(features))
}
