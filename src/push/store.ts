import { DurableObject } from 'cloudflare:workers'
import type { Clock } from '../lib/clock.ts'
import type { ExpositionFormat } from '../metrics/exposition.ts'
import type { Metric } from '../metrics/model.ts'
import type { SeriesSelector, SeriesValue } from '../metrics/query.ts'
import { decompress, type PushedBody } from './body.ts'
import { renderGroups } from './exposition.ts'
import type { Group } from './group.ts'
import { checkFamily, type Surroundings } from './group.ts'
import { type HeldMetrics, heldIn } from './held.ts'
import { checkLimits } from './limits.ts'
import type { Family, GroupLabels, PushedFamily, PushLimits, Refusable } from './model.ts'
import { groupKey, Refused, refusable } from './model.ts'
import { applyExport, PointTally } from './otlp/apply.ts'
import { decodeExport, pointsOf, type ResourceExport } from './otlp/decode.ts'
import { parsePush } from './parse.ts'
import { reservedNames } from './reserved-names.ts'
import { expiresAtMs, StoredGroups } from './stored-groups.ts'
import { pushedValue } from './values.ts'

/** A push into one group. */
export interface Push extends PushedBody {
  /** See `groupLabels`. */
  readonly labels: GroupLabels
  /** Whether all of the group is replaced (PUT), or only the metrics of the same names (POST). */
  readonly replace: boolean
}

/** What came of the points of an export. */
export interface ExportOutcome {
  readonly takenPoints: number
  /** Deltas that had been added before, and were not again: their request came a second time. */
  readonly repeatedPoints: number
  readonly rejectedPoints: number
  /** Why they were rejected. */
  readonly reasons: readonly string[]
}

/** What is told of a group. Times in milliseconds since the epoch, undefined for never. */
export interface GroupSummary {
  readonly labels: GroupLabels
  readonly pushedAtMs?: number
  readonly failedAtMs?: number
  readonly expiresAtMs?: number
  readonly metrics: readonly Omit<Family, 'text' | 'streams'>[]
}

/** What a store needs from outside. */
export interface PushStoreSettings {
  /** Edgewatch's own metrics, whose names can't be pushed. */
  readonly catalog: HeldMetrics & Readonly<Record<string, Metric>>
  readonly limits: PushLimits
  /** How long after its last push a group goes away; undefined: never. */
  readonly ttlMs?: number
  readonly clock: Clock
}

/**
 * Keeps what was pushed, as Pushgateway does: the last of each group, until it is replaced or deleted. Bodies are read
 * here and not in the Worker, which on the free plan has 10 ms for a request.
 */
export abstract class PushStoreObject<E = unknown> extends DurableObject<E> {
  readonly #groups: StoredGroups
  #known: { settings: PushStoreSettings; reserved: ReadonlySet<string> } | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.#groups = new StoredGroups(ctx.storage, () => this.#settings())
  }

  /** Asked for once. */
  protected abstract settings(): PushStoreSettings

  /** Takes a push. One that is refused changes nothing but the group's `push_failure_time_seconds`. */
  async push({ labels, replace, ...body }: Push): Promise<Refusable<void>> {
    const pushed = await this.#parse(labels, body)
    const outcome = pushed.ok
      ? refusable(() => {
          const known = this.#groups.current().get(labels)
          const families = new Map(replace ? [] : known?.families)
          for (const { family } of pushed.value) families.set(family.name, family)
          const group = { labels, families, pushedAtMs: this.#now(), failedAtMs: known?.failedAtMs ?? 0 }
          this.#check(pushed.value, group)
          this.#put(group)
        })
      : pushed
    if (!outcome.ok) this.#noteFailure(labels)
    return outcome
  }

  /**
   * Takes OTLP metrics in JSON: each resource is a group. Points that can't be taken are told of, and the rest is taken.
   * The last body of a process may be sent again: it changes nothing.
   */
  async export(pushed: PushedBody): Promise<Refusable<ExportOutcome>> {
    const body = await decompress(pushed)
    if (!body.ok) return body
    return refusable(() => {
      const tally = new PointTally()
      for (const resource of decodeExport(decodeText(body.value), this.#now())) {
        tally.add(this.#applyResource(resource))
      }
      return {
        takenPoints: tally.taken,
        repeatedPoints: tally.repeated,
        rejectedPoints: [...tally.rejected.values()].reduce((sum, points) => sum + points, 0),
        reasons: [...tally.rejected.keys()],
      }
    })
  }

  /** Deletes a group. Returns whether there was one. */
  async remove(labels: GroupLabels): Promise<boolean> {
    if (!this.#groups.current().get(labels)) return false
    this.#groups.delete(labels)
    return true
  }

  /** All groups, by their labels. */
  async list(): Promise<GroupSummary[]> {
    const { ttlMs } = this.#settings()
    const keyed = Array.from(this.#groups.current().all(), (group) => ({
      group,
      key: groupKey(group.labels),
    }))
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
    return keyed.map(({ group }) => ({
      labels: group.labels,
      ...(group.pushedAtMs > 0 && { pushedAtMs: group.pushedAtMs }),
      ...(group.failedAtMs > 0 && { failedAtMs: group.failedAtMs }),
      ...(ttlMs !== undefined && { expiresAtMs: expiresAtMs(group, ttlMs) }),
      metrics: [...group.families.values()].map(({ name, type, help, samples }) => ({
        name,
        type,
        help,
        samples,
      })),
    }))
  }

  /** All groups, and how many they are, as text, without the end that OpenMetrics wants. */
  async exposition(format: ExpositionFormat): Promise<string> {
    const groups = this.#groups.current()
    return renderGroups(groups.all(), this.#held(), format, (name) => this.#isReserved(name))
  }

  /** An answer for each question, as `MetricsAnswer` has it. */
  async values(selectors: readonly SeriesSelector[]): Promise<(SeriesValue | undefined)[]> {
    const groups = [...this.#groups.current().all()]
    const held = new Map(this.#held().map(({ metric, value }) => [metric.name, value]))
    return selectors.map((selector) => {
      const value = held.get(selector.metric)
      return value === undefined ? pushedValue(selector, groups) : { type: 'gauge', value }
    })
  }

  async #parse(labels: GroupLabels, pushed: PushedBody): Promise<Refusable<readonly PushedFamily[]>> {
    const body = await decompress(pushed)
    if (!body.ok) return body
    return refusable(() => parsePush(body.value, pushed.contentType, labels, this.#settings().limits))
  }

  #applyResource(resource: ResourceExport): PointTally {
    const labels = resource.group
    const known = this.#groups.current().get(labels)
    const before: Group = {
      labels,
      families: known?.families ?? new Map(),
      pushedAtMs: this.#now(),
      failedAtMs: known?.failedAtMs ?? 0,
    }
    const surroundings = this.#surroundings(labels)
    const { maxSeriesPerGroup } = this.#settings().limits
    const tally = new PointTally()
    const saved = refusable(() => {
      const families = applyExport(resource, before.families, maxSeriesPerGroup, tally, (family, beside) => {
        const checked = refusable(() => checkFamily(family, { ...before, families: beside }, surroundings))
        return checked.ok ? undefined : checked.error.message
      })
      checkLimits({ ...before, families }, this.#groups.current(), this.#settings().limits)
      this.#groups.save({ ...before, families })
    })
    if (saved.ok) return tally
    this.#noteFailure(labels)
    const none = new PointTally()
    none.reject(saved.error.message, pointsOf(resource))
    return none
  }

  /** Sees to it that a push can be in its group. @throws Refused, with the place of what can't */
  #check(pushed: readonly PushedFamily[], group: Group): void {
    const surroundings = this.#surroundings(group.labels)
    for (const { family, place } of pushed) {
      const checked = refusable(() => checkFamily(family, group, surroundings))
      if (!checked.ok) throw new Refused(checked.error.code, `${place}: ${checked.error.message}`)
    }
  }

  /** @throws Refused */
  #put(group: Group): void {
    checkLimits(group, this.#groups.current(), this.#settings().limits)
    this.#groups.save(group)
  }

  #surroundings(labels: GroupLabels): Surroundings {
    const groups = this.#groups.current()
    const own = groups.get(labels)
    return {
      *othersHaving(metric) {
        for (const group of groups.having(metric)) if (group !== own) yield group
      },
      isReserved: (name) => this.#isReserved(name),
    }
  }

  #noteFailure(labels: GroupLabels): void {
    const failedAtMs = this.#now()
    const known = this.#groups.current().get(labels) ?? { labels, families: new Map(), pushedAtMs: 0 }
    // Where there is no room for another group, its failure is only told to the pusher.
    refusable(() => this.#put({ ...known, failedAtMs }))
  }

  #held() {
    return heldIn(this.#groups.current(), this.#settings().catalog)
  }

  #isReserved(name: string): boolean {
    return this.#setUp().reserved.has(name)
  }

  #settings(): PushStoreSettings {
    return this.#setUp().settings
  }

  #setUp() {
    if (!this.#known) {
      const settings = this.settings()
      this.#known = { settings, reserved: reservedNames(settings.catalog) }
    }
    return this.#known
  }

  #now(): number {
    return this.#settings().clock()
  }
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
  } catch {
    throw new Refused('invalid_push', 'the body is not UTF-8')
  }
}
