import { fromServer, type GatherOptions } from '../../../src/transfer/gather.ts'
import { type ImportedIndex, type ImportOptions, importIndexes } from '../../../src/transfer/import.ts'
import type { JobStore } from '../../../src/transfer/job.ts'
import type { TransferContext } from '../../../src/transfer/run-import.ts'
import { Server } from '../../../src/transfer/server/server.ts'
import { readAbilities } from '../../../src/transfer/server/version.ts'

const DEFAULTS: GatherOptions & ImportOptions = {
  ...{ indexes: [], as: null, embedderKeys: {}, withoutEmbedderKeys: false },
  ...{ pageBytes: 1_000, recordBytesMax: 100_000 },
  ...{ intoExisting: false, restart: false, batchBytes: 1_000 },
}

/** From the fake source to the fake target, with a job store of the test. */
export function importAll(
  jobs: JobStore,
  changes: Partial<GatherOptions & ImportOptions> = {},
): (context: TransferContext) => Promise<ImportedIndex[]> {
  return async (context) => {
    const options = { ...DEFAULTS, ...changes }
    const deps = { ...context, note: (line: string) => context.progress.note(line) }
    const source = new Server({ role: 'source', url: 'http://source', key: 'k' }, deps)
    const target = new Server({ role: 'target', url: 'http://target', key: 'k' }, deps)
    const sources = await fromServer(source, await readAbilities(source), options)
    const { progress } = context
    return importIndexes(
      { target, jobs, progress, vectors: true },
      { from: 'source', to: 'target' },
      sources,
      options,
    )
  }
}
