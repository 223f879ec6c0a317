const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const DECIMAL = ['B', 'KB', 'MB', 'GB', 'TB']

/** A size as a node prints it: binary units for multiples of 1024, else decimal ones, with every digit. */
export function humanSize(bytes: number): string {
  const [step, units] = bytes % 1024 === 0 ? [1024, BINARY] : [1000, DECIMAL]
  let unit = 0
  while (bytes >= step ** (unit + 1) && unit < units.length - 1) unit++
  return `${bytes / step ** unit} ${units[unit]}`
}
