import type { NodeView } from '../../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'

export const NODE: NodeView = { id: 'n1', address: 'http://n1:7700', group: 0 }

/** Answers from memory; keeps what was asked. */
export function scriptedTransport(
  script: (request: NodeRequest) => Outcome | Promise<Outcome>,
): Transport & { readonly requests: NodeRequest[] } {
  const requests: NodeRequest[] = []
  return {
    requests,
    async send(_node, request) {
      requests.push(request)
      return script(request)
    },
    close: async () => {},
  }
}

export function answered(status: number, value: unknown): Outcome {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { kind: 'answer', status, contentType: 'application/json', body }
}

export function refusal(status: number, code: string): Outcome {
  return answered(status, { message: 'no', code, type: 'auth', link: 'https://docs.meilisearch.com' })
}
