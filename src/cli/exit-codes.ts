/** What scripts can rely on; `miroir --help` lists them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** Wrong arguments or a wrong configuration; nothing was started. */
  invalid: 2,
  keyRefused: 7,
  /** `miroir status`: the cluster answers, but not everything is well. */
  degraded: 8,
} as const

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  failed
  2  wrong arguments or wrong configuration
  7  key refused
  8  (status) the cluster is degraded`
