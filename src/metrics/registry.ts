import type { MetricDelta } from './batch.ts'
import type { Metric } from './model.ts'
import type { SeriesSelector, SeriesValue } from './query.ts'
import type { Family, Series } from './series.ts'
import { combine, conform, isInfo, isSound, otherValues, sameShape, seriesKey } from './series.ts'

/** What came of fitting deltas into a registry. */
export interface Settled {
  readonly metrics: readonly MetricDelta[]
  /** How many series of a metric became `other`. */
  readonly dropped: ReadonlyMap<string, number>
  /** Metrics that are of another type here, or whose numbers make no sense, and were left out. */
  readonly refused: readonly string[]
}

/** Metrics with their series, in memory. Deciding (`settle`) and adding up (`apply`) are apart: only the latter is replayed. */
export class Registry {
  readonly #families = new Map<string, Family>()

  families(): IterableIterator<Family> {
    return this.#families.values()
  }

  get(name: string): Family | undefined {
    return this.#families.get(name)
  }

  has(name: string, values: readonly string[]): boolean {
    return this.#families.get(name)?.series.has(seriesKey(values)) ?? false
  }

  /**
   * Fits what was recorded elsewhere into this registry: in the shape that the catalog gives a metric, with the series
   * beyond `maxSeries` as `other`. Changes nothing; the result depends on it no more and can be stored and replayed.
   */
  settle(deltas: readonly MetricDelta[], catalog: ReadonlyMap<string, Metric>, maxSeries: number): Settled {
    const metrics: MetricDelta[] = []
    const dropped = new Map<string, number>()
    const refused: string[] = []
    for (const delta of deltas) {
      const shape = catalog.get(delta.name) ?? this.#families.get(delta.name) ?? delta
      if (shape.type !== delta.type) {
        refused.push(delta.name)
        continue
      }
      const kept = this.#families.get(delta.name)
      const known = kept && sameShape(kept, shape) ? kept.series : new Map<string, Series>()
      const other = otherValues(shape)
      const otherKey = seriesKey(other)
      let room = isInfo(shape) ? Number.POSITIVE_INFINITY : maxSeries - known.size
      if (known.has(otherKey)) room += 1
      const settled = new Map<string, Series>()
      for (const recorded of delta.series) {
        if (!isSound(delta, recorded.numbers)) {
          refused.push(delta.name)
          continue
        }
        let { values, numbers } = conform(recorded, delta, shape)
        let key = seriesKey(values)
        if (key !== otherKey && !known.has(key) && !settled.has(key)) {
          if (room > 0) room -= 1
          else {
            values = other
            key = otherKey
            dropped.set(delta.name, (dropped.get(delta.name) ?? 0) + 1)
          }
        }
        const earlier = settled.get(key)
        if (earlier) combine(shape.type, earlier.numbers, numbers)
        else settled.set(key, { values, numbers: [...numbers] })
      }
      metrics.push(toDelta(shape, settled.values()))
    }
    return { metrics, dropped, refused }
  }

  /** Adds up. A metric that comes in another shape starts anew. */
  apply(deltas: readonly MetricDelta[]): void {
    for (const delta of deltas) {
      let family = this.#families.get(delta.name)
      if (!family || !sameShape(family, delta)) {
        family = {
          type: delta.type,
          name: delta.name,
          labels: delta.labels,
          bounds: delta.bounds,
          series: new Map(),
        }
        this.#families.set(delta.name, family)
      }
      for (const { values, numbers } of delta.series) {
        if (isInfo(family) && !replaceInfo(family, numbers)) continue
        const key = seriesKey(values)
        const series = family.series.get(key)
        if (series) combine(family.type, series.numbers, numbers)
        else family.series.set(key, { values, numbers: [...numbers] })
      }
    }
  }

  /** Forgets the series of metrics that the catalog now gives another shape. Returns their names. */
  restart(catalog: ReadonlyMap<string, Metric>): string[] {
    const changed: string[] = []
    for (const [name, family] of this.#families) {
      const metric = catalog.get(name)
      if (!metric || sameShape(family, metric)) continue
      this.#families.delete(name)
      changed.push(name)
    }
    return changed
  }

  /** Forgets series. */
  forget(isForgotten: (family: Family, series: Series) => boolean): void {
    for (const family of this.#families.values()) {
      for (const [key, series] of family.series) if (isForgotten(family, series)) family.series.delete(key)
    }
  }

  /** All of it, so that applying the result to an empty registry gives this one. */
  toDeltas(): MetricDelta[] {
    return [...this.#families.values()].map((family) => toDelta(family, family.series.values()))
  }

  /** See `MetricsAnswer`. */
  valueOf({ metric, labels }: SeriesSelector): SeriesValue | undefined {
    const family = this.#families.get(metric)
    if (!family) return undefined
    const wanted = Object.entries(labels).map(
      ([label, value]) => [family.labels.indexOf(label), value] as const,
    )
    let value: number | undefined
    for (const series of family.series.values()) {
      if (wanted.every(([index, expected]) => series.values[index] === expected)) {
        value = (value ?? 0) + valueOfSeries(family, series)
      }
    }
    return value === undefined ? undefined : { type: family.type, value }
  }
}

/** The value of a series: of a histogram its count. */
function valueOfSeries(family: Family, { numbers }: Series): number {
  if (family.type !== 'histogram') return numbers[0]!
  return numbers.reduce((sum, count) => sum + count, -numbers[0]!)
}

/** Makes way for the series of an info metric that was set last; false where another was set later. */
function replaceInfo(family: Family, numbers: readonly number[]): boolean {
  for (const series of family.series.values()) if (series.numbers[1]! > numbers[1]!) return false
  family.series.clear()
  return true
}

function toDelta(shape: Omit<MetricDelta, 'series'>, series: Iterable<Series>): MetricDelta {
  return {
    type: shape.type,
    name: shape.name,
    labels: shape.labels,
    bounds: shape.bounds,
    series: [...series],
  }
}
