/** What scripts can rely on; `miroir --help` lists them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** Wrong arguments or a wrong configuration; nothing was started. */
  invalid: 2,
  keyRefused: 7,
  /** `miroir status`: the cluster answers, but not everything is well. */
  degraded: 8,
  /** `miroir import`, `miroir export`: everything was copied, but both sides are not the same. */
  differs: 9,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  failed
  2  wrong arguments or wrong configuration
  7  key refused
  8  (status) the cluster is degraded
  9  (import, export) the source was changed meanwhile, or both sides differ
  130  (import, export) ended with Ctrl-C; the same command continues`
