/** What a script can tell apart; the exit codes are made from it. */
export type FailureKind =
  /** Could not go on; what was done is kept and the same command continues. */
  | 'failed'
  /** Asked for something that cannot be; nothing was written. */
  | 'invalid'
  | 'key-refused'
  /** Everything was copied, but both sides are not the same. */
  | 'differs'
  | 'interrupted'

/** Ends a transfer: the message says what happened and what to do. */
export class TransferFailure extends Error {
  override readonly name = 'TransferFailure'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** Waits for a promise unless the user ends the program first. */
export async function unlessStopped<Value>(stop: AbortSignal, promise: Promise<Value>): Promise<Value> {
  if (stop.aborted) throw interrupted()
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(interrupted())
    stop.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

function interrupted(): TransferFailure {
  return new TransferFailure('interrupted', 'interrupted')
}
