import { Packr } from 'msgpackr'

// Maps on decoding, because as objects they would lose a client's key `__proto__`.
const packr = new Packr({ useRecords: false, mapsAsObjects: false })

export function pack(value: unknown): Buffer {
  return packr.pack(value)
}

/** The value as it was packed; the caller knows its shape because only this program writes these blobs. */
export function unpack<Value>(bytes: unknown): Value {
  return plain(packr.unpack(bytes as Buffer)) as Value
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!(value instanceof Map)) return value
  const object: Record<string, unknown> = {}
  for (const [key, member] of value as Map<string, unknown>) {
    const held = plain(member)
    if (key === '__proto__') Object.defineProperty(object, key, { value: held, ...OWN })
    else object[key] = held
  }
  return object
}

const OWN = { enumerable: true, configurable: true, writable: true } as const
