/** One thing that is wrong with the configuration, and what to write instead. */
export interface ConfigProblem {
  /** `miroir.yaml:3:9`, `environment MIROIR_SERVER__PORT` or `--set`. */
  readonly at: string
  /** Path of the key, or empty when the file as a whole is meant. */
  readonly key: string
  readonly wrong: string
  /** A whole clause: "write 7700 instead". */
  readonly write: string
}

function formatProblem({ at, key, wrong, write }: ConfigProblem): string {
  return `${at}: ${key === '' ? '' : `${key}: `}${wrong}; ${write}`
}

/** The configuration cannot be used. Carries every problem, one a line in the message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** What is wrong with a key, before it is known which file, variable or argument it came from. */
export interface Finding {
  readonly path: readonly PropertyKey[]
  readonly wrong: string
  readonly write: string
  /** The name itself is wrong, not its value. */
  readonly aboutName?: boolean
}
