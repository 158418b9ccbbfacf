import { type Report, ratio, table, verdict } from '../report.ts'
import { median, summarize } from '../statistics.ts'
import { bundle, cpuMicroseconds, type Modules, type RunningWorkerd, startWorkerd } from '../workerd.ts'

/** Processes per variant: where a process happens to lie in memory changes what it costs. */
const SITTINGS = 4
const WARM_UP_ROUNDS = 6
const ROUNDS = 14
const REQUESTS = 2000

/** What each middleware adds to a request of a bare Hono application. */
export async function benchRequests(): Promise<Report> {
  const script = await bundle('bench/requests/worker.ts')
  const names = await variantNames(script)
  const costs = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let sitting = 0; sitting < SITTINGS; sitting++) await sit(script, names, costs)

  const bare = costs.get('bare')!
  const added = (name: string) => costs.get(name)!.map((cost, round) => cost - bare[round]!)
  const medianAdded = (name: string) => median(added(name))
  const leastBare = Math.min(...bare)
  const rows = names.map((name) => {
    const all = summarize(costs.get(name)!)
    const { median: middle, lowerQuartile, upperQuartile } = summarize(added(name))
    return name === 'bare'
      ? [name, all.median.toFixed(1), all.minimum.toFixed(1), '', '', '', '', '']
      : [
          name,
          all.median.toFixed(1),
          all.minimum.toFixed(1),
          middle.toFixed(1),
          `${lowerQuartile.toFixed(1)} … ${upperQuartile.toFixed(1)}`,
          (all.minimum - leastBare).toFixed(1),
          ratio(middle, medianAdded('@hono/prometheus')),
          ratio(middle, medianAdded('@hono/otel')),
        ]
  })
  const compare = (ours: string, theirs: string) =>
    `${ours} costs ${verdict(added(ours), added(theirs))} ${theirs}`
  return {
    title: 'Cost of a request',
    text: [
      `CPU time of workerd in µs per request, of ${ROUNDS * SITTINGS} rounds of ${REQUESTS} requests each, in rotating order.`,
      'What is added is the difference to bare Hono in the same round: its median, and where the middle half lies; at',
      'least, the difference of the minima, which other programs on the machine disturb least.',
      '',
      table(
        ['', 'median', 'minimum', 'added', 'middle half', 'at least', 'of @hono/prometheus', 'of @hono/otel'],
        rows,
      ),
      '',
      'headers alone: the platform calls that our three response headers and the request id take, and nothing else.',
      'edgewatch: metrics, three response headers and the Analytics Engine point; the binding discards the point.',
      'with log line: a JSON line within its context, as in src/app.ts; it is made whole, and discarded, not printed.',
      'as deployed: the whole service with everything on, its middleware around the same routes.',
      '@hono/otel: traces and metrics of its SDK, with its context manager; the exporters discard.',
      '',
      compare('edgewatch', '@hono/prometheus'),
      compare('edgewatch as deployed', '@hono/otel'),
    ].join('\n'),
    figures: [
      [
        'CPU that a request costs, observe() without the log line, against @hono/prometheus and three header calls',
        ratio(medianAdded('edgewatch'), medianAdded('@hono/prometheus') + medianAdded('headers alone')),
      ],
      [
        'CPU that a request costs, as deployed, against @hono/otel',
        ratio(medianAdded('edgewatch as deployed'), medianAdded('@hono/otel')),
      ],
    ],
  }
}

async function variantNames(script: Modules): Promise<string[]> {
  const workerd = await startWorkerd(script)
  try {
    return (await (await workerd.get('/')).json()) as string[]
  } finally {
    await workerd.stop()
  }
}

async function sit(script: Modules, names: readonly string[], costs: Map<string, number[]>): Promise<void> {
  const running = new Map<string, RunningWorkerd>()
  try {
    for (const name of names) running.set(name, await startWorkerd(script))
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const order = names.map((_, index) => names[(index + round + WARM_UP_ROUNDS) % names.length]!)
      for (const name of order) {
        const cost = await runRound(running.get(name)!, name)
        if (round >= 0) costs.get(name)!.push(cost)
      }
    }
  } finally {
    for (const workerd of running.values()) await workerd.stop()
  }
}

/** Microseconds per request; of CPU time where the system tells it, which other programs hardly disturb. */
async function runRound(workerd: RunningWorkerd, variant: string): Promise<number> {
  const before = cpuMicroseconds(workerd.pid)
  const query = new URLSearchParams({ variant, requests: String(REQUESTS) })
  const { microseconds } = (await (await workerd.get(`/round?${query}`)).json()) as { microseconds: number }
  const after = cpuMicroseconds(workerd.pid)
  return (before === undefined || after === undefined ? microseconds : after - before) / REQUESTS
}
