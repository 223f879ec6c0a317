import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isObject, parsedJson } from '../std/json-values.ts'
import { SetDigest } from './compare/digest.ts'
import { TransferFailure } from './failure.ts'

/**
 * How far an index is. *waiting*: nothing was written · *creating*: index and settings may be there ·
 * *copying*: both are, with part of the documents · *copied*: all documents were sent and applied ·
 * *complete*: read back and compared.
 */
export type Phase = 'waiting' | 'creating' | 'copying' | 'copied' | 'complete'

export interface IndexProgress {
  readonly phase: Phase
  /** `new`: the index was not there, or was empty, so everything in it is ours. */
  readonly into: 'new' | 'existing'
  /** What the source looked like when copying began. */
  readonly fingerprint: string
  /** Records whose tasks have succeeded on the target, from the first one of the source. */
  readonly records: number
  readonly bytes: number
  /** Digest of these records as they were read; see `SetDigest`. */
  readonly digest: string
}

/** One transfer from a source to a target, by target index. Holds no keys. */
export interface Job {
  readonly version: 1
  readonly from: string
  readonly to: string
  readonly indexes: Readonly<Record<string, IndexProgress>>
}

/** Where a job is kept between runs. `save` has reached the disk when it returns. */
export interface JobStore {
  load(): Job | null
  save(job: Job): void
  clear(): void
}

export const NOT_BEGUN: IndexProgress = {
  phase: 'waiting',
  into: 'new',
  fingerprint: '',
  records: 0,
  bytes: 0,
  digest: new SetDigest().text,
}

/** A job in one file, replaced as a whole, so that a crash leaves the old or the new one. */
export function fileJobStore(path: string): JobStore {
  return {
    load() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
        throw error
      }
      return checkedJob(parsedJson(text), path)
    },
    save(job) {
      mkdirSync(dirname(path), { recursive: true })
      const file = openSync(`${path}.new`, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(job, null, 2)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(`${path}.new`, path)
    },
    clear: () => rmSync(path, { force: true }),
  }
}

function checkedJob(value: unknown, path: string): Job {
  if (isObject(value) && value['version'] === 1 && isObject(value['indexes'])) return value as unknown as Job
  throw new TransferFailure(
    'invalid',
    `${path}: is no state of an import; write another folder behind --state, or remove the file`,
  )
}

/** A file name for a pair of places: readable, and free of what file systems mind. */
export function jobName(from: string, to: string): string {
  const plain = (text: string): string => text.replace(/^https?:\/\//, '').replace(/[^A-Za-z0-9._-]+/g, '_')
  return `${plain(from)}-to-${plain(to)}`.slice(0, 200)
}
