const DAY_MS = 86_400_000
const NANOSECONDS_PER_MS = 1_000_000

/** RFC 3339 in UTC as a node prints it: `2026-01-31T23:59:59.25Z`, without a fraction when there is none. */
export function timestamp(wallMs: number): string {
  const whole = Math.floor(wallMs)
  const nanoseconds = Math.floor((wallMs - whole) * NANOSECONDS_PER_MS)
  const text = `${new Date(whole).toISOString().slice(0, -1)}${String(nanoseconds).padStart(6, '0')}`
  return `${text.replace(/\.?0+$/, '')}Z`
}

/**
 * ISO 8601 duration as a node prints it: `PT0.009330S`, `PT12S`, `P1DT3.5…S`; in 0, 3, 6 or 9 decimal places.
 */
export function duration(lengthMs: number): string {
  const days = Math.floor(lengthMs / DAY_MS)
  const nanoseconds = Math.round((lengthMs - days * DAY_MS) * NANOSECONDS_PER_MS)
  const seconds = Math.floor(nanoseconds / 1e9)
  const fraction = String(nanoseconds % 1e9)
    .padStart(9, '0')
    .replace(/(?:000)+$/, '')
  const time = `T${seconds}${fraction === '' ? '' : `.${fraction}`}S`
  if (days === 0) return `P${time}`
  return `P${days}D${nanoseconds === 0 ? '' : time}`
}

const MOMENT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Wall milliseconds, with fractions, of an RFC 3339 moment; null when it is not one. */
export function parseMoment(text: string): number | null {
  const match = MOMENT.exec(text)
  if (match === null) return null
  const [, date = '', hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match
  const dayMs = parseDate(date)
  const inRange =
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    !(Number(offsetHour) > 23) &&
    !(Number(offsetMinute) > 59)
  if (dayMs === null || !inRange) return null
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  const offset = sign === undefined ? 0 : (Number(offsetHour) * 60 + Number(offsetMinute)) * 60
  return dayMs + (seconds + (sign === '-' ? offset : -offset)) * 1_000 + Number(`0${fraction ?? ''}`) * 1_000
}

/** Wall milliseconds of the first moment of a day `YYYY-MM-DD` in UTC; null when there is no such day. */
export function parseDate(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  const ms = Date.parse(`${text}T00:00:00Z`)
  // Some engines roll 30 February over.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms
}
