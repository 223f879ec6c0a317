import { TransferFailure } from '../failure.ts'
import type { Server } from './server.ts'

/** What a version of Meilisearch can be asked for. */
export interface Abilities {
  readonly version: string
  /** Documents can be read with their vectors. */
  readonly vectors: boolean
}

/** Vectors are part of a document's answer without an experimental switch since this version. */
const VECTORS_SINCE_MINOR = 13

/** Asks a server who it is. Everything but Meilisearch 1.x, or miroir, is refused. */
export async function readAbilities(server: Server): Promise<Abilities> {
  const { value } = await server.json({ method: 'GET', path: '/version', action: 'version' })
  const version = value['pkgVersion']
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(String(version)) ?? []
  if (typeof version !== 'string' || major === undefined || minor === undefined)
    throw new TransferFailure('invalid', `${server.name}: does not tell a version of Meilisearch; is it one?`)
  if (major !== '1')
    throw new TransferFailure(
      'invalid',
      `${server.name}: is Meilisearch ${version}; only 1.x is supported. ` +
        'Bring it to 1.x first (with a dump of the old version), or export its documents to files and use --file',
    )
  return { version, vectors: Number(minor) >= VECTORS_SINCE_MINOR }
}
