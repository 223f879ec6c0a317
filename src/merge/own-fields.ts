/** Fields this proxy adds to every document; no client ever sees them. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['_miroir_shard', '_miroir_seq'])

export function isOwnField(name: string): boolean {
  return OWN_FIELDS.has(name)
}
