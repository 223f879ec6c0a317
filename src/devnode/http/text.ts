/** RFC 3339 in UTC. */
export function isoDate(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
