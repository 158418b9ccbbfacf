import { type Report, table, whole } from '../report.ts'
import type { Billed, Traffic } from './model.ts'
import {
  BILLED,
  flushesPerSecond,
  gigabyteSeconds,
  isFree,
  paidPerMonth,
  plus,
  TARIFFS,
  times,
  trafficPerDay,
} from './model.ts'
import { startCountedService, type Usage } from './service.ts'

const MINUTE_MS = 60_000
const TICKS = 240
const TICKS_PER_DAY = 1_440
const CHECKS = 120
const FLUSHES = 720
const FLUSH_SECONDS = 5

/**
 * Seconds that an object is at work beyond what was measured here, where everything is near: assumptions, on the
 * high side. An object that waits for another one's answer is at work, too.
 */
const DISTANCE_SECONDS: Readonly<Record<string, number>> = {
  // Connecting with TLS and some commands; then the pool stays open for `mongodb.idle`.
  'MongoGateway.probe': 0.5 + 2,
  'HealthMonitor.report': 0.6,
  'AlertLedger.tick': 0.8,
  'AlertLedger.alarm': 0.02,
  'AlertLedger.status': 0.01,
  'MetricsStore.ingest': 0.02,
  'MetricsStore.read': 0.01,
  'MetricsStore.exposition': 0.02,
}

const TRAFFIC: readonly Traffic[] = [
  { requestsPerSecond: 1, isolates: 5 },
  { requestsPerSecond: 10, isolates: 20 },
  { requestsPerSecond: 100, isolates: 100 },
]

/** What is billed: idle, for what asks it regularly, and under traffic. */
export async function benchCost(): Promise<Report> {
  const { tick, flush, check, scrape } = await measure()
  const idle = times(tick, TICKS_PER_DAY)
  const checked = times(check, TICKS_PER_DAY)
  const scraped = times(scrape, TICKS_PER_DAY)
  const days = TRAFFIC.map((traffic) => plus(idle, trafficPerDay(traffic, flush, FLUSH_SECONDS)))
  const share = Math.max(...BILLED.map((each) => idle[each] / TARIFFS[each].freePerDay))
  return {
    title: 'What is billed',
    text: [
      `Counted in workerd: ${TICKS} cron runs with all integrations and the shipped rules, ${FLUSHES} hand-overs of`,
      `metrics, ${CHECKS} requests each of /health and /metrics that come a minute apart. Duration is measured, plus what`,
      'distances are assumed to take (DISTANCE_SECONDS in bench/cost/bench.ts).',
      '',
      'One of each:',
      '',
      perEach({ 'cron run': tick, 'hand-over': flush, '/health': check, '/metrics': scrape }),
      '',
      'A day, and its share of the free plan:',
      '',
      perDay({
        idle,
        '+ /health each minute': plus(idle, checked),
        '+ /metrics each minute': plus(idle, scraped),
      }),
      '',
      perDay(Object.fromEntries(TRAFFIC.map((traffic, index) => [trafficName(traffic), days[index]!]))),
      '',
      'A month:',
      '',
      table(
        ['', 'isolates', 'object requests per million', 'rows written per million', 'paid plan', 'free plan'],
        [
          ['idle', '', '', '', dollars(paidPerMonth(idle)), isFree(idle) ? 'fits' : 'no'],
          ...TRAFFIC.map((traffic, index) => {
            const perMillion = (flushesPerSecond(traffic, FLUSH_SECONDS) / traffic.requestsPerSecond) * 1e6
            return [
              trafficName(traffic),
              String(traffic.isolates),
              whole(perMillion * flush.objectRequests),
              whole(perMillion * flush.rowsWritten),
              dollars(paidPerMonth(days[index]!)),
              isFree(days[index]!) ? 'fits' : 'no',
            ]
          }),
        ],
      ),
      '',
      share < 0.1
        ? `An idle service uses less than a tenth of each daily allowance: at most ${percent(share)}.`
        : `AN IDLE SERVICE USES MORE THAN A TENTH OF A DAILY ALLOWANCE: ${percent(share)}.`,
    ].join('\n'),
    figures: [
      ['An idle day with the shipped rules: largest share of a free allowance', percent(share)],
      [
        'The same day: Durable Object requests, rows written',
        `${whole(idle.objectRequests)}, ${whole(idle.rowsWritten)}`,
      ],
    ],
  }
}

async function measure() {
  const service = await startCountedService()
  try {
    await service.run({ cron: true, everyMs: MINUTE_MS, times: 2 }) // tables and connections are made
    const tick = await service.run({ cron: true, everyMs: MINUTE_MS, times: TICKS })
    const paths = ['/', '/health/live', '/nowhere', '/', '/favicon.ico', '/']
    const flush = await service.run({ paths, everyMs: FLUSH_SECONDS * 1000, times: FLUSHES })
    const check = await service.run({ paths: ['/health'], everyMs: MINUTE_MS, times: CHECKS })
    const scrape = await service.run({ paths: ['/metrics'], everyMs: MINUTE_MS, times: CHECKS })
    return {
      tick: billedFor(tick, TICKS, { workerRequests: 1, points: 0 }),
      flush: billedFor(flush, FLUSHES, { workerRequests: 0, points: 0 }), // counted with the requests
      check: billedFor(check, CHECKS, { workerRequests: 1, points: 1 }),
      scrape: billedFor(scrape, CHECKS, { workerRequests: 1, points: 1 }),
    }
  } finally {
    await service.stop()
  }
}

/** What one of `count` costs. */
function billedFor(
  { calls, activeMs, rowsRead, rowsWritten }: Usage,
  count: number,
  own: Pick<Billed, 'workerRequests' | 'points'>,
): Billed {
  const requests = Object.values(calls).reduce((sum, each) => sum + each, 0)
  const measuredSeconds = Object.values(activeMs).reduce((sum, each) => sum + each, 0) / 1000
  const distanceSeconds = Object.entries(calls).reduce((sum, [call, each]) => {
    const seconds = DISTANCE_SECONDS[call]
    if (seconds === undefined) throw new Error(`${call} was called, and DISTANCE_SECONDS does not know it`)
    return sum + each * seconds
  }, 0)
  return {
    ...own,
    objectRequests: requests / count,
    objectDuration: gigabyteSeconds(measuredSeconds + distanceSeconds) / count,
    rowsWritten: rowsWritten / count,
    rowsRead: rowsRead / count,
  }
}

const perEach = (columns: Readonly<Record<string, Billed>>): string =>
  table(
    ['', ...Object.keys(columns)],
    BILLED.map((each) => [
      TARIFFS[each].label,
      ...Object.values(columns).map((billed) => billed[each].toFixed(2)),
    ]),
  )

const perDay = (columns: Readonly<Record<string, Billed>>): string =>
  table(
    ['', ...Object.keys(columns)],
    BILLED.map((each) => [
      TARIFFS[each].label,
      ...Object.values(columns).map(
        (billed) => `${whole(billed[each])} (${percent(billed[each] / TARIFFS[each].freePerDay)})`,
      ),
    ]),
  )

const trafficName = ({ requestsPerSecond }: Traffic): string => `${requestsPerSecond} requests/s`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const dollars = (amount: number): string => `$${amount.toFixed(2)}`
