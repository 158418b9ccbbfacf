import type { Clock } from '../lib/clock.ts'
import type { Group } from './group.ts'
import { GroupRows } from './group-rows.ts'
import { Groups } from './groups.ts'
import type { GroupLabels } from './model.ts'

/** When groups go away. */
interface Expiry {
  /** How long after its last push, taken or refused; undefined: never. */
  readonly ttlMs?: number
  readonly clock: Clock
}

/** All groups, on disk, and in memory once they were asked for. */
export class StoredGroups {
  readonly #storage: DurableObjectStorage
  readonly #rows: GroupRows
  readonly #expiry: () => Expiry
  #loaded: Groups | undefined

  constructor(storage: DurableObjectStorage, expiry: () => Expiry) {
    this.#storage = storage
    this.#expiry = expiry
    this.#rows = new GroupRows(storage.sql)
    this.#rows.migrate()
  }

  /** What there is, without what is past its time; not to be changed but through `save` and `delete`. */
  current(): Groups {
    this.#loaded ??= this.#load()
    const { ttlMs, clock } = this.#expiry()
    if (ttlMs === undefined) return this.#loaded
    const now = clock()
    for (const group of this.#loaded.all()) {
      if (expiresAtMs(group, ttlMs) <= now) this.#delete(this.#loaded, group.labels)
    }
    return this.#loaded
  }

  /** Puts a group in place of the one with the same labels. */
  save(group: Group): void {
    const groups = this.current()
    const id = groups.idOf(group.labels)
    this.#storage.transactionSync(() => this.#rows.save(id, group))
    groups.put(id, group)
  }

  delete(labels: GroupLabels): void {
    this.#delete(this.current(), labels)
  }

  #delete(groups: Groups, labels: GroupLabels): void {
    this.#rows.delete(groups.idOf(labels))
    groups.delete(labels)
  }

  #load(): Groups {
    const groups = new Groups()
    for (const [id, group] of this.#rows.load()) groups.put(id, group)
    return groups
  }
}

/** When a group goes away. */
export const expiresAtMs = ({ pushedAtMs, failedAtMs }: Group, ttlMs: number): number =>
  Math.max(pushedAtMs, failedAtMs) + ttlMs
