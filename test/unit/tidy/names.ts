import { basename } from 'node:path'

/** Words that say nothing about what a file holds, as a name or as a part of one. */
const EMPTY_WORDS = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager']
/** Names that are only bad alone: `index` hides what is exported, `types` separates types from their use. */
const EMPTY_NAMES = ['types', 'index']
/** The exported interface of the kernels is one list by nature. */
const ALLOWED = ['assembly/index.ts']

export function emptyNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const folders = path.split('/').slice(0, -1)
    const name = basename(path).replace(/\..*$/, '')
    const words = [...folders, name].flatMap((part) => part.split('-'))
    const word =
      words.find((part) => EMPTY_WORDS.includes(part)) ?? (EMPTY_NAMES.includes(name) ? name : undefined)
    return word === undefined || ALLOWED.includes(path)
      ? []
      : [`${path}: \`${word}\` says nothing; name the file after the noun or verb it holds`]
  })
}
