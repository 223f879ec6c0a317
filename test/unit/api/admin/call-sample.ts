import type { Call, Reply, Route } from '../../../../src/model/call.ts'

/** A request as the server would hand it over. */
function callOf(path: string, query = ''): Call {
  return {
    ...{ id: '0', method: 'GET', path, template: path, params: {}, query },
    header: () => undefined,
    body: new Uint8Array(),
    deadline: { at: 1_000 },
    aborted: () => false,
  }
}

/** Runs a route's handler and decodes what it answers. */
export async function ask(
  routes: readonly Route[],
  path: string,
  query = '',
): Promise<{ reply: Reply; value: unknown; route: Route }> {
  const route = routes.find(({ template, method }) => template === path && method === 'GET')
  if (route === undefined) throw new Error(`no route ${path}`)
  const reply = await route.handler(callOf(path, query))
  const text = Buffer.from(reply.body ?? '').toString()
  return { reply, value: reply.contentType === 'application/json' ? JSON.parse(text) : text, route }
}
