import type { Group } from './group.ts'
import { samplesOf, textLengthOf } from './group.ts'
import type { GroupLabels } from './model.ts'
import { groupKey } from './model.ts'

interface Kept {
  readonly id: number
  readonly group: Group
  readonly samples: number
  readonly textLength: number
}

/** All groups, by their labels and by their metrics: to change one costs no look at each of the others. */
export class Groups {
  /** By `groupKey`. */
  readonly #kept = new Map<string, Kept>()
  readonly #byMetric = new Map<string, Set<Group>>()
  #nextId = 1
  #samples = 0
  #textLength = 0

  /** How many groups there are. */
  get count(): number {
    return this.#kept.size
  }

  /** Of all groups; see `samplesOf`. */
  get samples(): number {
    return this.#samples
  }

  /** Of all groups; see `textLengthOf`. */
  get textLength(): number {
    return this.#textLength
  }

  get(labels: GroupLabels): Group | undefined {
    return this.#kept.get(groupKey(labels))?.group
  }

  /** The id of a group on disk; a new one where there is no such group. */
  idOf(labels: GroupLabels): number {
    return this.#kept.get(groupKey(labels))?.id ?? this.#nextId
  }

  *all(): Generator<Group> {
    for (const { group } of this.#kept.values()) yield group
  }

  /** The groups that have a metric of this name. */
  having(metric: string): Iterable<Group> {
    return this.#byMetric.get(metric) ?? []
  }

  /** Puts a group in place of the one with the same labels. */
  put(id: number, group: Group): void {
    const key = groupKey(group.labels)
    this.#uncount(key)
    const kept = { id, group, samples: samplesOf(group), textLength: textLengthOf(group) }
    this.#kept.set(key, kept) // in the place of the one before, so that /metrics keeps its order
    this.#samples += kept.samples
    this.#textLength += kept.textLength
    this.#nextId = Math.max(this.#nextId, id + 1)
    for (const name of group.families.keys()) {
      const having = this.#byMetric.get(name)
      if (having) having.add(group)
      else this.#byMetric.set(name, new Set([group]))
    }
  }

  delete(labels: GroupLabels): void {
    const key = groupKey(labels)
    this.#uncount(key)
    this.#kept.delete(key)
  }

  #uncount(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#samples -= kept.samples
    this.#textLength -= kept.textLength
    for (const name of kept.group.families.keys()) {
      const having = this.#byMetric.get(name)!
      having.delete(kept.group)
      if (having.size === 0) this.#byMetric.delete(name)
    }
  }
}
