/** Raised for our own bugs only; client mistakes and node failures are values or `MiroirError`. */
class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** States a fact that must hold if this program is correct. Stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Marks a branch that exhaustive switches can never reach. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`)
}
