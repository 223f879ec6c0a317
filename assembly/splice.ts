import { FIELD_FROM, FIELD_ORDER, FIELD_OUTPUT, FIELD_TO, field } from './control'
import { copyBytes } from './gather'
import { COMMA } from './json'

/* Emitting hits: their bytes but for the cuts, joined by commas. */

/** Bytes that the hits from `FIELD_FROM` to `FIELD_TO` of the order take, commas included. */
export function measureHits(): usize {
  const order = field(FIELD_ORDER)
  const from = field(FIELD_FROM)
  const to = field(FIELD_TO)
  let bytes: usize = 0
  for (let place = from; place < to; place++) {
    const row = <usize>load<u32>(order + (place << 2))
    bytes += <usize>(load<u32>(row, 4) - load<u32>(row) - load<u32>(row, 24)) + 1
  }
  return bytes === 0 ? 0 : bytes - 1
}

/** Writes them; answers the bytes written. */
export function spliceHits(): usize {
  const order = field(FIELD_ORDER)
  const from = field(FIELD_FROM)
  const to = field(FIELD_TO)
  const output = field(FIELD_OUTPUT)
  let out = output
  for (let place = from; place < to; place++) {
    if (place !== from) store<u8>(out++, COMMA)
    const row = <usize>load<u32>(order + (place << 2))
    let at = <usize>load<u32>(row)
    let cut = <usize>load<u32>(row, 16)
    const cutsEnd = cut + ((<usize>load<u32>(row, 20)) << 3)
    for (; cut < cutsEnd; cut += 8) {
      out = copyBytes(out, at, <usize>load<u32>(cut))
      at = <usize>load<u32>(cut, 4)
    }
    out = copyBytes(out, at, <usize>load<u32>(row, 4))
  }
  return out - output
}
