import type { Source } from './source.ts'

// Put together here, so that this file does not contain what it looks for.
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`)
const ONLY = /\b(?:it|test|describe|suite|bench)\.only\b/
const SKIP = /\b(?:it|test|describe|suite)\.(?:skip|todo)\b/

/** What was left behind: work to do, tests that silence others, tests that are silent without a reason. */
export function leftovers(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n')
    return lines.flatMap((line, index) => {
      const at = `${path}:${index + 1}`
      const found: string[] = []
      const unfinished = UNFINISHED.exec(line)?.[1]
      if (unfinished !== undefined)
        found.push(`${at}: ${unfinished}: finish it, or write down what is missing in docs/`)
      if (ONLY.test(line)) found.push(`${at}: .only silences every other test of the file: take it away`)
      if (SKIP.test(line) && !isComment(lines[index - 1] ?? ''))
        found.push(`${at}: .skip without a reason: say why in a comment on the line above`)
      return found
    })
  })
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\*|\/\*)/.test(line)
}
