import type { Source } from './source.ts'

const BANNED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\bnew\s/, why: '`new` allocates, and nothing is ever freed' },
  { pattern: /(?<!Static)\bArray</, why: '`Array<` lives on the managed heap' },
  { pattern: /\bstring\b/i, why: 'strings are UTF-16 and managed; kernels work on UTF-8 bytes' },
  { pattern: /^\s*@(?!unmanaged\b)\w+/, why: 'decorators on functions break tsc and the formatter' },
]

/** Kernels work on memory they are given: no heap, no strings. */
export function managedKernels(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) =>
    withoutComments(text)
      .split('\n')
      .flatMap((line, index) =>
        BANNED.filter(({ pattern }) => pattern.test(line)).map(({ why }) => `${path}:${index + 1}: ${why}`),
      ),
  )
}

/** Comments become blanks of the same number of lines. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/\/\/.*$/gm, '')
}
