import { DurableObject } from 'cloudflare:workers'
import type { Clock } from '../lib/clock.ts'
import { HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import type { Logger } from '../logging/model.ts'
import type { Batch, MetricDelta } from './batch.ts'
import { BATCH_VERSION } from './batch.ts'
import type { Catalog } from './catalog.ts'
import type { ExpositionFormat } from './exposition.ts'
import { renderExposition } from './exposition.ts'
import { ForgottenSources } from './forgotten-sources.ts'
import type { JournalEntry, SourceState } from './journal.ts'
import { Journal } from './journal.ts'
import type { Metric } from './model.ts'
import type { MetricsAnswer, MetricsQuery } from './query.ts'
import { Registry } from './registry.ts'
import type { Series, Shape } from './series.ts'
import { emptyNumbers, isInfo, withMonitors } from './series.ts'
import { WindowRing } from './window-ring.ts'
import type { Window, WindowDelta } from './windows.ts'
import { addWindow, planWindow, toDelta, toRouteTotals } from './windows.ts'

/** What a shard alone holds. */
export interface ShardSnapshot {
  readonly metrics: readonly MetricDelta[]
  /** One for each window that was asked for. */
  readonly windows: readonly WindowDelta[]
}

/** A shard, as the one that gathers sees the others. */
export interface Shard {
  snapshot(windows: MetricsQuery['windows']): Promise<ShardSnapshot>
}

/** What a store needs from outside. */
export interface MetricsStoreSettings {
  readonly catalog: Catalog
  /** `metrics.maxSeries`. */
  readonly maxSeries: number
  /** All shards but the first. Asked for each time, because a stub belongs to the event that made it. */
  readonly siblings: () => readonly Shard[]
  /** Whether a series is of something that is not there any more: it is forgotten, rather than shown as it last was. */
  readonly isRetired?: (shape: Shape, series: Series) => boolean
  readonly log: Logger
  readonly clock: Clock
}

interface State {
  readonly registry: Registry
  readonly sources: Map<string, SourceState>
  /** Requests since the last snapshot, by minute since the epoch. */
  readonly minutes: Map<number, Window>
}

/** Connections that may wait for an answer at once; the platform allows 6. */
const CONCURRENT_SIBLINGS = 5

/**
 * Keeps the metrics: a shard of them, or all. State is in memory, and on disk as a snapshot and a journal; each
 * hand-over is one row and one transaction, so an object that is evicted or crashes between any two steps either has it
 * whole or not at all. The first shard also answers for the others, and rejects where one can't be read: counters
 * never go down, not even for one scrape.
 */
export abstract class MetricsStoreObject<E = unknown> extends DurableObject<E> {
  readonly #journal: Journal
  readonly #ring: WindowRing
  readonly #forgotten: ForgottenSources
  readonly #warned = new Set<string>()
  #known: { settings: MetricsStoreSettings; metrics: ReadonlyMap<string, Metric> } | undefined
  #loaded: State | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.#journal = new Journal(ctx.storage.sql)
    this.#ring = new WindowRing(ctx.storage.sql)
    this.#forgotten = new ForgottenSources(ctx.storage.sql)
    this.#journal.migrate()
    this.#ring.migrate()
    this.#forgotten.migrate()
  }

  /** Asked for once. */
  protected abstract settings(): MetricsStoreSettings

  /**
   * Takes a hand-over; one that was taken before is acknowledged and not counted again.
   * @throws where it was not taken, for the buffer to send it again.
   */
  async ingest(batch: Batch): Promise<void> {
    if (batch.version !== BATCH_VERSION) throw new Error(`batch version ${batch.version} is not known here`)
    const { registry, sources } = this.#state()
    const { catalog, maxSeries, clock, log } = this.#settings()
    const last =
      sources.get(batch.source)?.sequence ??
      this.#forgotten.lastSequence(batch.source, batch.createdAtMs, clock())
    if (batch.sequence <= last) {
      if (last === Number.POSITIVE_INFINITY) log.error('metrics_batch_too_old', { source: batch.source })
      return
    }

    const settled = registry.settle(batch.metrics, this.#metrics(), maxSeries)
    for (const metric of settled.refused) this.#warnOnce('metric_refused', metric)
    for (const metric of settled.dropped.keys()) this.#warnOnce('metric_series_capped', metric)
    const dropped: MetricDelta = {
      ...shapeOf(catalog.seriesDropped),
      series: Array.from(settled.dropped, ([metric, count]) => ({ values: [metric], numbers: [count] })),
    }
    this.#commit({
      source: batch.source,
      sequence: batch.sequence,
      receivedAtMs: clock(),
      metrics: dropped.series.length > 0 ? [...settled.metrics, dropped] : settled.metrics,
      minutes: batch.minutes.filter(({ minute }) => Number.isSafeInteger(minute) && minute >= 0),
    })
  }

  /** Answers for all shards. @throws where one can't be read. */
  async read(query: MetricsQuery): Promise<MetricsAnswer> {
    const { registry, windows } = await this.#gather(query.windows)
    const metrics = this.#metrics()
    return {
      windows: windows.map(toRouteTotals),
      series: query.series.map((selector) =>
        metrics.has(selector.metric) ? registry.valueOf(selector) : undefined,
      ),
    }
  }

  /**
   * All metrics of all shards as text. @throws where a shard can't be read.
   * @param monitors leaves out the series of all other monitors
   */
  async exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string> {
    const { registry } = await this.#gather([])
    const families = [...this.#metrics().values()].flatMap(({ name, help }) => {
      const family = registry.get(name)
      if (!family) return []
      const series = monitors ? withMonitors(family, new Set(monitors)) : family.series
      return [{ ...family, series, help }]
    })
    return renderExposition(families, format)
  }

  /** What this shard alone holds, for the one that gathers. */
  async snapshot(windows: MetricsQuery['windows']): Promise<ShardSnapshot> {
    return {
      metrics: this.#state().registry.toDeltas(),
      windows: windows.map((window) => toDelta(this.#window(window))),
    }
  }

  #settings(): MetricsStoreSettings {
    return this.#knownSettings().settings
  }

  #metrics(): ReadonlyMap<string, Metric> {
    return this.#knownSettings().metrics
  }

  #knownSettings() {
    if (!this.#known) {
      const settings = this.settings()
      const metrics = Object.values<Metric>(settings.catalog).map((metric) => [metric.name, metric] as const)
      this.#known = { settings, metrics: new Map(metrics) }
    }
    return this.#known
  }

  #state(): State {
    if (this.#loaded) return this.#loaded
    const { snapshot, entries } = this.#journal.load()
    const state: State = { registry: new Registry(), sources: new Map(snapshot.sources), minutes: new Map() }
    state.registry.apply(snapshot.metrics)
    for (const entry of entries) applyEntry(state, entry)
    for (const metric of state.registry.restart(this.#metrics())) {
      this.#settings().log.warn('metric_restarted', { metric, reason: 'its type, labels or bounds changed' })
    }
    const { isRetired } = this.#settings()
    if (isRetired) state.registry.forget(isRetired)
    this.#loaded = state
    return state
  }

  #commit(entry: JournalEntry): void {
    const state = this.#state()
    try {
      this.ctx.storage.transactionSync(() => {
        const isAppended = this.#journal.append(entry)
        applyEntry(state, entry)
        if (!isAppended) this.#checkpoint(state, entry.receivedAtMs)
      })
    } catch (error) {
      this.#loaded = undefined // memory may be ahead of the disk: it is read again
      throw error
    }
  }

  /** Writes a snapshot, and the windows since the last one into their rows. */
  #checkpoint(state: State, now: number): void {
    const hours = new Map<number, Window>()
    for (const [minute, window] of state.minutes) {
      this.#ring.add('minutes', minute, window)
      const hour = Math.floor((minute * MINUTE_MS) / HOUR_MS)
      addWindow(
        getOrAdd(hours, hour, () => new Map()),
        toDelta(window),
      )
    }
    for (const [hour, window] of hours) this.#ring.add('hours', hour, window)
    state.minutes.clear()
    this.#forgotten.take(state.sources, now)
    this.#journal.writeSnapshot({ metrics: state.registry.toDeltas(), sources: [...state.sources] })
  }

  #window({ fromMs, toMs }: MetricsQuery['windows'][number]): Window {
    const { minutes } = this.#state()
    const plan = planWindow(fromMs, toMs, this.#settings().clock())
    const window: Window = new Map()
    for (const span of plan.minutes) this.#ring.read('minutes', span, window)
    this.#ring.read('hours', plan.hours, window)
    for (const [minute, open] of minutes) {
      if (minute >= plan.span.first && minute < plan.span.end) addWindow(window, toDelta(open))
    }
    return window
  }

  /** Adds up all shards. */
  async #gather(asked: MetricsQuery['windows']): Promise<{ registry: Registry; windows: Window[] }> {
    const siblings = [...this.#settings().siblings()]
    const snapshots: ShardSnapshot[] = []
    while (siblings.length > 0) {
      const some = siblings.splice(0, CONCURRENT_SIBLINGS)
      snapshots.push(...(await Promise.all(some.map((sibling) => sibling.snapshot(asked)))))
    }

    const windows = asked.map((window) => this.#window(window))
    if (snapshots.length === 0) return { registry: this.#state().registry, windows }
    const settled = snapshots.map((snapshot) => this.#adopt(snapshot.metrics))
    const registry = new Registry()
    registry.apply(this.#state().registry.toDeltas())
    for (const metrics of settled) registry.apply(metrics)
    for (const snapshot of snapshots) {
      for (const [index, window] of snapshot.windows.entries()) addWindow(windows[index]!, window)
    }
    return { registry, windows }
  }

  /**
   * Fits a sibling's series in. Those that are new here are entered with nothing in them: the cap is over all shards,
   * and which series are within it must stay so, or counters would go down.
   */
  #adopt(deltas: readonly MetricDelta[]): readonly MetricDelta[] {
    const { registry } = this.#state()
    const { maxSeries, clock } = this.#settings()
    const declared = deltas.filter((delta) => this.#metrics().has(delta.name))
    const { metrics } = registry.settle(declared, this.#metrics(), maxSeries)
    const adopted = metrics.map((delta) => ({
      ...delta,
      series: delta.series
        .filter(({ values }) => !registry.has(delta.name, values))
        .map(({ values }) => ({ values, numbers: emptyNumbers(delta) })),
    }))
    // Of an info metric only one series is kept, whichever shard has it.
    const isNew = adopted.filter((delta) => delta.series.length > 0 && !isInfo(delta))
    if (isNew.length > 0) this.#commit({ receivedAtMs: clock(), metrics: isNew, minutes: [] })
    return metrics
  }

  #warnOnce(event: string, metric: string): void {
    if (this.#warned.has(`${event} ${metric}`)) return
    this.#warned.add(`${event} ${metric}`)
    this.#settings().log.warn(event, { metric, max_series: this.#settings().maxSeries })
  }
}

function applyEntry(state: State, entry: JournalEntry): void {
  state.registry.apply(entry.metrics)
  for (const { minute, ...delta } of entry.minutes) {
    addWindow(
      getOrAdd(state.minutes, minute, () => new Map()),
      delta,
    )
  }
  if (entry.source !== undefined && entry.sequence !== undefined) {
    state.sources.set(entry.source, { sequence: entry.sequence, seenAtMs: entry.receivedAtMs })
  }
}

function shapeOf({ type, name, labels, bounds }: Metric) {
  return { type, name, labels, bounds }
}
