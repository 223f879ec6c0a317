import type { Call, Route } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** Finds the route as the router would, literals before parameters, and turns an error into its answer. */
export async function send(routes: readonly Route[], method: string, target: string): Promise<Answer> {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const candidates = routes
    .filter((route) => route.method === method && patternOf(route.template).test(path))
    .sort((a, b) => Number(a.template.includes('{')) - Number(b.template.includes('{')))
  const route = candidates[0]
  if (route === undefined) return { status: 404, body: '' }
  const params = patternOf(route.template).exec(path)?.groups ?? {}
  try {
    const reply = await route.handler({ method, path, query, params, template: route.template } as Call)
    return { status: reply.status, body: String(reply.body) }
  } catch (error) {
    if (error instanceof MiroirError) return { status: error.status, body: JSON.stringify(error.body) }
    throw error
  }
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}
