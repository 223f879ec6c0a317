import { dirname, join, normalize } from 'node:path'
import type { Source } from './source.ts'

/**
 * Links of Markdown pages that lead nowhere: missing files, missing headings. Addresses of other sites are
 * not asked.
 */
export function brokenLinks(pages: readonly Source[], exists: (path: string) => boolean): string[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, headingAnchors(text)]))
  return pages.flatMap(({ path, text }) =>
    linksIn(text).flatMap(({ target, line }) => {
      const [file = '', anchor] = target.split('#')
      const aim = file === '' ? path : normalize(join(dirname(path), file)).replace(/\/$/, '')
      if (!exists(aim)) return [`${path}:${line}: ${target}: there is no ${aim}`]
      const known = anchors.get(aim)
      const missing = anchor !== undefined && known !== undefined && !known.has(anchor)
      return missing ? [`${path}:${line}: ${target}: ${aim} has no heading #${anchor}`] : []
    }),
  )
}

function linksIn(text: string): { target: string; line: number }[] {
  return withoutCode(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ target, line: index + 1 })),
    )
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

/** Anchors as code hosts make them from headings. */
function headingAnchors(text: string): Set<string> {
  const headings = withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ''))
}

interface ErrorRow {
  readonly status: number
  readonly type: string
}

/** The page of errors against the table: every code of ours once, with its status and type, and no other. */
export function errorPageGaps(page: string, table: Readonly<Record<string, ErrorRow>>): string[] {
  const ours = Object.entries(table).filter(([code]) => code.startsWith('miroir_'))
  const sections = new Map(
    page
      .split(/^## +/m)
      .slice(1)
      .map(
        (section) => [section.slice(0, section.indexOf('\n')).replaceAll('`', '').trim(), section] as const,
      ),
  )
  const gaps = ours.flatMap(([code, { status, type }]) => {
    const section = sections.get(code)
    if (section === undefined)
      return [`docs/errors.md: write a section \`## ${code}\`: what it means and what to do`]
    const stated = `Status ${status}, type \`${type}\`.`
    const wrong = section.includes(stated) ? [] : [`docs/errors.md: ${code}: write \`${stated}\``]
    const parts = ['**Means:**', '**What to do:**'].filter((part) => !section.includes(part))
    return [...wrong, ...parts.map((part) => `docs/errors.md: ${code}: the part ${part} is missing`)]
  })
  const extra = [...sections.keys()].filter((code) => code.startsWith('miroir_') && table[code] === undefined)
  return [...gaps, ...extra.map((code) => `docs/errors.md: ${code} is not in src/model/errors.ts any more`)]
}
