import type { Result } from '../lib/result.ts'

/** Where cached texts are kept, outside of the Worker. Never throws, and answers within its own time limit. */
export interface CacheStore {
  /** The text, or undefined where there is none. */
  get(key: string): Promise<Result<string | undefined>>
  set(key: string, text: string, ttlSeconds: number): Promise<Result<void>>
  delete(key: string): Promise<Result<void>>
}
