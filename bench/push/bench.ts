import { onPath, startChildServer } from '../../sandbox/child-server.ts'
import { type Report, ratio, table, whole } from '../report.ts'
import { summarize } from '../statistics.ts'
import { bundle, cpuMicroseconds, startWorkerd } from '../workerd.ts'

const ROUNDS = 20
const WARM_UP_ROUNDS = 10
const GROUP = '/metrics/job/bench/instance/one'
const STEPS = ['push', 'scrape'] as const
type Step = (typeof STEPS)[number]

/** A server that is pushed to and scraped. */
interface Target {
  readonly name: string
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
  readonly costs: Readonly<Record<Step, Cost[]>>
}

/** What a request took, and what CPU time the server used meanwhile, where the system tells it. */
interface Cost {
  readonly tookMs: number
  readonly cpuMs: number | undefined
}

/** What it takes to be pushed 10,000 series and to show them, beside Pushgateway. */
export async function benchPush(): Promise<Report> {
  const targets = [await startOurs(), ...(await startPushgateway())]
  try {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const body = pushedText(round + WARM_UP_ROUNDS)
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const push = await measure(target, GROUP, { method: 'PUT', body })
        const scrape = await measure(target, '/metrics')
        assertShown(target, scrape.text, body)
        if (round < 0) continue
        target.costs.push.push(push)
        target.costs.scrape.push(scrape)
      }
    }
    return reportOn(targets, samplesOf(pushedText(0)).length)
  } finally {
    for (const target of targets) await target.stop()
  }
}

function reportOn(targets: readonly Target[], series: number): Report {
  const rows = targets.flatMap(({ name, costs }) =>
    STEPS.map((step) => {
      const { median, minimum } = summarize(costs[step].map(({ tookMs }) => tookMs))
      const cpuMs = medianCpuMs(costs[step])
      return [
        `${name}, ${step}`,
        median.toFixed(1),
        minimum.toFixed(1),
        cpuMs?.toFixed(1) ?? '',
        whole(series / (median / 1000)),
      ]
    }),
  )
  const [ours, theirs] = targets
  const compared =
    ours && theirs
      ? STEPS.map((step) => {
          const took = (target: Target) => summarize(target.costs[step].map(({ tookMs }) => tookMs)).median
          const cpu = [medianCpuMs(ours.costs[step]), medianCpuMs(theirs.costs[step])] as const
          return {
            step,
            rate: ratio(took(theirs), took(ours)),
            cpu: cpu[0] === undefined || cpu[1] === undefined ? 'unknown' : ratio(cpu[0], cpu[1]),
          }
        })
      : []
  return {
    title: `Pushing and scraping ${whole(series)} series`,
    text: [
      `One client, one request at a time, of ${ROUNDS} rounds in alternating order: a PUT of one group, then a GET of /metrics.`,
      'Ours runs in workerd and has each push on disk before it answers; Pushgateway keeps it in memory.',
      '',
      table(['', 'median ms', 'minimum ms', 'CPU ms', 'samples/s'], rows),
      '',
      ...(theirs
        ? compared.map(
            ({ step, rate, cpu }) =>
              `${step}: ${rate} of Pushgateway's samples a second, for ${cpu} of its CPU time.`,
          )
        : ['prometheus-pushgateway is not on PATH, so there is nothing to compare with.']),
    ].join('\n'),
    figures: compared.map(({ step, rate }) => [
      `samples a second that a ${step} of ${whole(series)} series gives, against Pushgateway`,
      rate,
    ]),
  }
}

function medianCpuMs(costs: readonly Cost[]): number | undefined {
  const known = costs.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]))
  return known.length === 0 ? undefined : summarize(known).median
}

async function startOurs(): Promise<Target> {
  const { url, pid, stop } = await startWorkerd(await bundle('bench/push/worker.ts'), {
    objects: { PushStore: 'PushStore' },
  })
  return { name: 'edgewatch', url, pid, stop, costs: { push: [], scrape: [] } }
}

async function startPushgateway(): Promise<Target[]> {
  const file = onPath('prometheus-pushgateway') ?? onPath('pushgateway')
  if (!file) return []
  const { port, pid, close } = await startChildServer(file, (port) => [
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  const url = `http://127.0.0.1:${port}`
  return [{ name: 'pushgateway', url, pid, stop: close, costs: { push: [], scrape: [] } }]
}

async function measure(
  target: Target,
  path: string,
  init: RequestInit = {},
): Promise<Cost & { text: string }> {
  const before = cpuMicroseconds(target.pid)
  const startMs = performance.now()
  const response = await fetch(target.url + path, { ...init, headers: { Authorization: 'Bearer bench' } })
  const text = await response.text()
  const tookMs = performance.now() - startMs
  const after = cpuMicroseconds(target.pid)
  if (response.status !== 200) throw new Error(`${target.name}, ${path}: ${response.status} ${text}`)
  return {
    tookMs,
    cpuMs: before === undefined || after === undefined ? undefined : (after - before) / 1000,
    text,
  }
}

/** What an application pushes: 4,000 counters, 2,000 gauges, and 286 histograms of 14 samples each. */
function pushedText(round: number): string {
  let text = '# HELP app_requests_total Requests answered.\n# TYPE app_requests_total counter\n'
  for (let index = 0; index < 3996; index++) {
    const method = index % 2 ? 'GET' : 'POST'
    const labels = `method="${method}",route="/api/v1/things/${index >> 3}/:id",status="${200 + (index % 8)}"`
    text += `app_requests_total{${labels}} ${((index * 7919) % 100_003) + round}\n`
  }
  text += '# HELP app_queue_size Jobs that wait.\n# TYPE app_queue_size gauge\n'
  for (let index = 0; index < 2000; index++) {
    text += `app_queue_size{queue="queue-${index >> 2}",region="region-${index % 4}"} ${(index * 104_729 + round) / 1000}\n`
  }
  text += '# HELP app_duration_seconds Took.\n# TYPE app_duration_seconds histogram\n'
  const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf']
  for (let index = 0; index < 286; index++) {
    const labels = `method="GET",route="/api/v1/things/${index}/:id"`
    bounds.forEach((bound, place) => {
      text += `app_duration_seconds_bucket{${labels},le="${bound}"} ${(place + 1) * (index + round)}\n`
    })
    text += `app_duration_seconds_sum{${labels}} ${index * 1.25}\napp_duration_seconds_count{${labels}} ${12 * (index + round)}\n`
  }
  return text
}

const samplesOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('app_'))

function assertShown({ name }: Target, shown: string, pushed: string): void {
  const values = (text: string) =>
    samplesOf(text).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  const [found, sent] = [samplesOf(shown).length, samplesOf(pushed).length]
  if (found !== sent) throw new Error(`${name} shows ${found} of ${sent} series`)
  if (Math.abs(values(shown) / values(pushed) - 1) > 1e-9)
    throw new Error(`${name} shows other values than were pushed`)
}
