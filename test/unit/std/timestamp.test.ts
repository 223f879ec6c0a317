import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duration, parseDate, parseMoment, timestamp } from '../../../src/std/timestamp.ts'

test('timestamps have no zeros at the end, and no fraction when there is none', () => {
  const moment = Date.UTC(2026, 0, 31, 23, 59, 50)
  expect(timestamp(moment)).toBe('2026-01-31T23:59:50Z')
  expect(timestamp(moment + 120)).toBe('2026-01-31T23:59:50.12Z')
  expect(timestamp(moment + 7)).toBe('2026-01-31T23:59:50.007Z')
  expect(timestamp(moment + 0.5)).toBe('2026-01-31T23:59:50.0005Z')
  expect(timestamp(-0.5)).toBe('1969-12-31T23:59:59.9995Z')
})

test('durations have 0, 3, 6 or 9 decimal places, and days of their own', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, 'PT0S'],
    [12_000, 'PT12S'],
    [9.33, 'PT0.009330S'],
    [525, 'PT0.525S'],
    [525.865963, 'PT0.525865963S'],
    [61_500, 'PT61.500S'],
    [86_400_000, 'P1D'],
    [86_400_001, 'P1DT0.001S'],
    [2 * 86_400_000 + 3_600_000, 'P2DT3600S'],
  ]
  for (const [ms, text] of cases) expect(duration(ms)).toBe(text)
})

test('a timestamp is read as the moment it was made from', () => {
  const year = { min: Date.UTC(1900, 0), max: Date.UTC(2200, 0) }
  fc.assert(
    fc.property(fc.integer(year), fc.integer({ min: -1_439, max: 1_439 }), (ms, offset) => {
      expect(parseMoment(timestamp(ms))).toBe(ms)
      const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')
      const minutes = String(Math.abs(offset) % 60).padStart(2, '0')
      const local = timestamp(ms + offset * 60_000).slice(0, -1)
      expect(parseMoment(`${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`)).toBe(ms)
    }),
  )
})

test('what is no moment or day is null', () => {
  const moments = [
    '',
    'x',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
  ]
  for (const text of [
    ...moments,
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00.Z',
  ])
    expect(parseMoment(text)).toBeNull()
  for (const text of ['', '2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T', '20260101'])
    expect(parseDate(text)).toBeNull()
  expect(parseDate('2024-02-29')).toBe(Date.UTC(2024, 1, 29))
})
