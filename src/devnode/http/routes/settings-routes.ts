import { checkAll, checkOne } from '../../settings/check.ts'
import { SETTING_NAMES, type Settings, type SettingsPatch } from '../../settings/settings.ts'
import { settingsDetails } from '../../tasks/apply-index.ts'
import {
  enqueue,
  indexUidOf,
  jsonBody,
  mayCreateIndex,
  type NodeCall,
  type NodeReply,
  reply,
} from '../call.ts'
import { refuseLacking } from '../refusal.ts'

type Name = (typeof SETTING_NAMES)[number]

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const PATCHED: ReadonlySet<string> = new Set(['typoTolerance', 'faceting', 'pagination', 'embedders', 'chat'])

/** Path and verb of every sub-route. */
export const SETTING_ROUTES: readonly {
  readonly name: Name
  readonly path: string
  readonly verb: string
}[] = SETTING_NAMES.map((name) => ({ name, path: kebab(name), verb: PATCHED.has(name) ? 'PATCH' : 'PUT' }))

export function getSettings(call: NodeCall): NodeReply {
  return reply(call.engine.index(indexUidOf(call)).settings)
}

export function getSetting(call: NodeCall, name: Name): NodeReply {
  const { settings } = call.engine.index(indexUidOf(call))
  if (name === 'foreignKeys' || name === 'chat') throw refuseLacking(`Setting \`${name}\``)
  return reply(settings[name as keyof Settings])
}

function enqueueSettings(call: NodeCall, patch: SettingsPatch, create: boolean): NodeReply {
  return enqueue(call, {
    type: 'settingsUpdate',
    indexUid: indexUidOf(call),
    details: settingsDetails(patch),
    work: { kind: 'settings', patch, mayCreateIndex: create && mayCreateIndex(call) },
  })
}

export function updateSettings(call: NodeCall): NodeReply {
  indexUidOf(call)
  return enqueueSettings(call, checkAll(jsonBody(call)), true)
}

export function resetSettings(call: NodeCall): NodeReply {
  const patch = Object.fromEntries(SETTING_NAMES.map((name) => [name, null]))
  return enqueueSettings(call, patch, false)
}

export function updateSetting(call: NodeCall, name: Name): NodeReply {
  indexUidOf(call)
  return enqueueSettings(call, checkOne(name, jsonBody(call)), true)
}

export function resetSetting(call: NodeCall, name: Name): NodeReply {
  return enqueueSettings(call, { [name]: null }, false)
}
