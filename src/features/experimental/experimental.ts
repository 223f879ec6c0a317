import { fail } from '../../model/errors.ts'
import { type Store, StoreUnavailable } from '../../model/store.ts'

/** Features that may be switched on here. */
const SUPPORTED: readonly string[] = ['editDocumentsByFunction']

/** Experimental features as clients switched them; nodes get their flags where they are needed. */
export interface Features {
  isSupported(name: string): boolean
  isOn(name: string): boolean
  /** Durable before it is true. */
  change(changes: ReadonlyMap<string, boolean>): Promise<void>
}

/** `on`: what the store had at the start. */
export function createFeatures(store: Pick<Store, 'setFeatures'>, on: readonly string[]): Features {
  let current = new Set(on)
  return {
    isSupported: (name) => SUPPORTED.includes(name),
    isOn: (name) => current.has(name),
    async change(changes) {
      const next = new Set(current)
      for (const [name, isOn] of changes) isOn ? next.add(name) : next.delete(name)
      if (next.size === current.size && [...next].every((name) => current.has(name))) return
      try {
        await store.setFeatures([...next])
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        throw fail('miroir_store_unavailable', { reason: error.message })
      }
      current = next
    },
  }
}
