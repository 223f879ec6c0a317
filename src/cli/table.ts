/**
 * Rows as columns of equal width, two spaces apart; numbers to the right. Byte-stable: no colours, no
 * terminal width.
 */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => String(row[column] ?? '').length)),
  )
  const rightAligned = heads.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const text = String(cell)
        const width = widths[column] ?? 0
        return rightAligned[column] === true ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(heads), ...rows.map(line)]
}
