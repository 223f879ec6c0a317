import { SETTINGS, type Setting } from '../catalogue/setting-table.ts'
import type { Call, Reply, Route } from '../model/call.ts'
import type { IndexView, Views } from '../model/view.ts'
import type { SettingsChange, Writes } from '../model/writes.ts'
import { objectText } from '../std/json-members.ts'
import { accepted } from './accepted.ts'
import { requireIndex, requireUid } from './request/index-uid.ts'
import { requireJson } from './request/object-body.ts'

export interface SettingsRouteDeps {
  readonly views: Views
  readonly writes: Writes
}

const BASE = '/indexes/{uid}/settings'

/** Settings of an index: read from the catalogue, changed through the write path, judged by a node. */
export function settingsRoutes(deps: SettingsRouteDeps): Route[] {
  const all = routesFor(deps, { route: null, verb: 'PATCH' }, allText)
  return [
    ...all,
    ...SETTINGS.flatMap((setting) => routesFor(deps, setting, (index) => oneText(index, setting))),
  ]
}

function routesFor(
  { views, writes }: SettingsRouteDeps,
  { route, verb }: { readonly route: string | null; readonly verb: SettingsChange['method'] },
  shown: (index: IndexView) => string,
): Route[] {
  const template = route === null ? BASE : `${BASE}/${route}`
  const read = { kind: 'action', action: 'settings.get' } as const
  const update = { kind: 'action', action: 'settings.update' } as const
  const change = async (call: Call, method: SettingsChange['method']): Promise<Reply> => {
    if (method !== 'DELETE') requireJson(call)
    const uid = requireUid(call)
    return accepted(await writes.changeSettings(uid, { route, method, body: call.body }, call.deadline))
  }
  return [
    { method: 'GET', template, access: read, handler: (call) => textReply(shown(requireIndex(views, call))) },
    { method: verb, template, access: update, handler: (call) => change(call, verb) },
    { method: 'DELETE', template, access: update, handler: (call) => change(call, 'DELETE') },
  ]
}

function textReply(body: string): Reply {
  return { status: 200, contentType: 'application/json', body }
}

function allText({ settings }: IndexView): string {
  return objectText(Object.entries(settings).map(([key, value]) => ({ key, value: valueText(key, value) })))
}

function oneText({ settings }: IndexView, { name, initial }: Setting): string {
  return valueText(name, Object.hasOwn(settings, name) ? settings[name] : initial)
}

/** Maps are printed in byte order, as nodes do; objects here would put keys like `10` first. */
function valueText(name: string, value: unknown): string {
  const isMap = name === 'synonyms' || name === 'embedders'
  if (!isMap || typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([one], [other]) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  )
  return objectText(members.map(([key, member]) => ({ key, value: JSON.stringify(member) })))
}
