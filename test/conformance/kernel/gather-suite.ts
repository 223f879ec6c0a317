import { describe, expect, it } from 'vitest'
import { isFault, type Kernel } from '../../../src/kernel/kernel.ts'
import { octal, SHARDS, shardDigits, split } from './kernel-calls.ts'

async function gather(
  kernel: Kernel,
  body: string,
  shards: ReadonlySet<number> | null,
  seq: number,
): Promise<string> {
  const bytes = Buffer.from(body)
  const result = await split(kernel, body)
  if (isFault(result)) throw new Error(result.fault)
  const gathered = await kernel.gather({ body: bytes, rows: result.rows, shards, seq })
  if (!(gathered instanceof Uint8Array)) throw new Error(gathered.fault)
  return Buffer.from(gathered).toString()
}

/** Writing what one node gets, with our fields. */
export function gatherSuite(kernel: () => Kernel): void {
  describe('gather', () => {
    it('writes both fields right after the brace', async () => {
      expect(await gather(kernel(), '[{"id":1},{ },{}, { "a":"é\\n" } ]', null, 5)).toBe(
        `[${[
          '{"_miroir_shard":"SHARD","_miroir_seq":"!!!!!!!!!!:!!!!!!!","id":1}'.replace(
            'SHARD',
            shardDigits(kernel().shardOf('1', SHARDS)),
          ),
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!%" }',
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!("}',
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!)", "a":"é\\n" }',
        ].join(',')}]`,
      )
    })

    it('takes the chosen shards in the order of the payload and keeps the numbers of the rows', async () => {
      const ids = Array.from({ length: 40 }, (_unused, id) => id)
      const body = JSON.stringify(ids.map((id) => ({ id, text: 'x'.repeat(id) })))
      const chosen = new Set(ids.slice(0, 7).map((id) => kernel().shardOf(String(id), SHARDS)))
      const documents = JSON.parse(await gather(kernel(), body, chosen, 2 ** 33 - 1)) as Record<
        string,
        unknown
      >[]
      const expected = ids.filter((id) => chosen.has(kernel().shardOf(String(id), SHARDS)))
      expect(documents.map((document) => document['id'])).toEqual(expected)
      for (const document of documents) {
        const id = Number(document['id'])
        expect(document['_miroir_shard']).toBe(shardDigits(kernel().shardOf(String(id), SHARDS)))
        expect(document['_miroir_seq']).toBe(`???????????${octal(id, 7)}`)
      }
    })

    it('answers an empty array when nothing is chosen', async () => {
      expect(
        await gather(kernel(), '[{"id":1}]', new Set([(kernel().shardOf('1', SHARDS) + 1) % SHARDS]), 0),
      ).toBe('[]')
      expect(await gather(kernel(), '[]', null, 0)).toBe('[]')
    })
  })
}
