import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, parsedJson } from '../../std/json-values.ts'
import { TransferFailure } from '../failure.ts'

/** One index of an export. */
export interface ExportedIndex {
  readonly uid: string
  readonly primaryKey: string | null
  readonly documents: number
  /** `SetDigest` of the documents. */
  readonly digest: string
  /** Files, below the folder of the export. */
  readonly documentsFile: string
  readonly settingsFile: string
}

/** What an export says about itself; written last, so that a folder without it is no whole export. */
export interface Manifest {
  readonly format: 'miroir-export/1'
  readonly from: string
  readonly version: string
  readonly exportedAt: string
  readonly indexes: readonly ExportedIndex[]
}

export const MANIFEST_FILE = 'manifest.json'

export function readManifest(directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new TransferFailure(
      'invalid',
      `${path}: cannot be read; an export writes it last, so without it the export is not whole: make it again`,
    )
  }
  const value = parsedJson(text)
  const sound = isObject(value) && value['format'] === 'miroir-export/1' && Array.isArray(value['indexes'])
  if (sound && (value['indexes'] as readonly unknown[]).every(isExportedIndex))
    return value as unknown as Manifest
  throw new TransferFailure('invalid', `${path}: is no manifest of \`miroir export\``)
}

function isExportedIndex(value: unknown): boolean {
  if (!isObject(value)) return false
  const { uid, documentsFile, settingsFile, documents } = value
  // Files stay inside of the folder, whatever somebody has written into the manifest.
  const inside = (file: unknown): boolean =>
    typeof file === 'string' && /^[A-Za-z0-9_-]+\/[a-z.]+$/.test(file)
  return (
    typeof uid === 'string' && typeof documents === 'number' && inside(documentsFile) && inside(settingsFile)
  )
}
