import { EXPERIMENTAL_FEATURES } from '../../../model/features.ts'
import { jsonBody, type NodeCall, type NodeReply, reply } from '../call.ts'
import { refuseLacking, refuseSwitchedOff, type SwitchedOff } from '../refusal.ts'
import { expectBoolean, expectObject, unknownName } from '../shape.ts'

export const getRoot = (): NodeReply => reply({ status: 'Meilisearch is running' })
export const getHealth = (): NodeReply => reply({ status: 'available' })

export const getVersion = (): NodeReply =>
  reply({
    commitSha: 'miroir-embedded-node',
    commitDate: '2026-01-01T00:00:00.000000000Z',
    pkgVersion: '1.50.0',
  })

export const getFeatures = ({ engine }: NodeCall): NodeReply =>
  reply(Object.fromEntries(EXPERIMENTAL_FEATURES.map((name) => [name, name === 'network' && engine.network])))

/** Switching off what is off already is fine; only `network` can be switched on. */
export function updateFeatures(call: NodeCall): NodeReply {
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  let { network } = call.engine
  for (const [name, value] of Object.entries(body)) {
    if (!EXPERIMENTAL_FEATURES.some((known) => known === name))
      throw unknownName('field', name, EXPERIMENTAL_FEATURES)
    if (value === null) continue
    const on = expectBoolean(value, { path: `.${name}`, code: 'bad_request' })
    if (name === 'network') network = on
    else if (on) throw refuseLacking(`The experimental feature \`${name}\``)
  }
  call.engine.network = network
  call.engine.keeper.saveNetwork(network)
  return getFeatures(call)
}

/** A route of a real node that this one does not serve. */
export const lackingRoute = (feature: string) => (): NodeReply => {
  throw refuseLacking(feature)
}

/** A route that a real node serves only with a feature switched on. */
export const switchedOffRoute = (doing: string, feature: SwitchedOff) => (): NodeReply => {
  throw refuseSwitchedOff(doing, feature)
}
