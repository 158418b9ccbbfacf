// Runs inside workerd: the same series as text, ours and prom-client's.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { DURATION_BOUNDS_SECONDS } from '../../src/metrics/catalog.ts'
import type { ExposedFamily } from '../../src/metrics/exposition.ts'
import { renderExposition } from '../../src/metrics/exposition.ts'
import { bucketIndex } from '../../src/metrics/histogram.ts'
import type { Metric } from '../../src/metrics/model.ts'
import { counter, gauge, histogram } from '../../src/metrics/model.ts'
import type { Series } from '../../src/metrics/series.ts'
import { emptyNumbers, seriesKey } from '../../src/metrics/series.ts'

// As Prometheus counts: a histogram with 11 bounds is 14 series. Together they are 10,000.
const COUNTERS = 3996
const GAUGES = 2000
const HISTOGRAMS = 286

const requests = counter({
  name: 'app_requests_total',
  help: 'Requests answered.',
  labels: ['method', 'route', 'status'],
})
const sizes = gauge({ name: 'app_queue_size', help: 'Jobs that wait.', labels: ['queue', 'region'] })
const durations = histogram({
  name: 'app_request_duration_seconds',
  help: 'Time from a request to its answer.',
  labels: ['method', 'route'],
  bounds: DURATION_BOUNDS_SECONDS,
})

/** Fills the same series into both. */
function fill(): { families: ExposedFamily[]; registry: Registry } {
  const registry = new Registry()
  const registers = [registry]
  const ours = [requests, sizes, durations].map((metric) => ({
    ...metric,
    series: new Map<string, Series>(),
  }))
  const theirRequests = new Counter({ ...forPromClient(requests), registers })
  const theirSizes = new Gauge({ ...forPromClient(sizes), registers })
  const theirDurations = new Histogram({
    ...forPromClient(durations),
    buckets: [...durations.bounds],
    registers,
  })
  const add = (index: number, values: string[]) => {
    const family = ours[index]!
    const series = { values, numbers: emptyNumbers(family) }
    family.series.set(seriesKey(values), series)
    return series.numbers
  }

  for (let index = 0; index < COUNTERS; index++) {
    const values = [index % 2 ? 'GET' : 'POST', `/api/v1/things/${index >> 3}/:id`, String(200 + (index % 8))]
    const count = (index * 7919) % 100_003
    add(0, values)[0] = count
    theirRequests.inc(named(requests, values), count)
  }
  for (let index = 0; index < GAUGES; index++) {
    const values = [`queue-${index >> 2}`, `region-${index % 4}`]
    const size = (index * 104_729) / 1000
    add(1, values)[0] = size
    theirSizes.set(named(sizes, values), size)
  }
  for (let index = 0; index < HISTOGRAMS; index++) {
    const values = [index % 2 ? 'GET' : 'POST', `/api/v1/things/${index >> 1}/:id`]
    const numbers = add(2, values)
    for (let each = 0; each < 50; each++) {
      const seconds = ((index * 31 + each * each) % 12_000) / 1000
      numbers[0]! += seconds
      numbers[bucketIndex(durations.bounds, seconds) + 1]!++
      theirDurations.observe(named(durations, values), seconds)
    }
  }
  return { families: ours, registry }
}

const forPromClient = ({ name, help, labels }: Metric) => ({ name, help, labelNames: [...labels] })

const named = ({ labels }: Metric, values: readonly string[]): Record<string, string> =>
  Object.fromEntries(labels.map((label, index) => [label, values[index]!]))

let filled: ReturnType<typeof fill> | undefined

export default {
  /** `/edgewatch` and `/prom-client`: the text, made `times` times. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    filled ??= fill()
    const { families, registry } = filled
    let text = ''
    for (let time = 0; time < Number(searchParams.get('times') ?? 0); time++) {
      text = pathname === '/edgewatch' ? renderExposition(families, 'text') : await registry.metrics()
    }
    return new Response(text)
  },
}
