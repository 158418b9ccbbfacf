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
import { type CountedService, startCountedService, type Usage } from './service.ts'

const MINUTE_MS = 60_000
const TICKS = 240
const TICKS_PER_DAY = 1_440
const CHECKS = 120
const FLUSHES = 720
/** Requests that each hand-over holds. */
const FLUSHED_PATHS = ['/', '/health/live', '/nowhere', '/', '/favicon.ico', '/']
/** What Cloudflare adds to a log line, which is counted with it: an assumption, on the high side. */
const LOG_ATTRIBUTES_BYTES = 1_500
const FLUSH_SECONDS = 5

/** What a check takes, with TLS, from one region to anywhere. */
const CHECK_SECONDS = 0.3
const CHECKS_PER_SHARD = 20
const CHECKS_AT_ONCE = 5

/** As many events as a call may have. */
const EVENTS = 500
const FULL_CALLS = 10

/** As many monitors as a team has. */
const FIFTY = 50
const LOCATIONS = ['us-east', 'eu-west'] as const

/**
 * Seconds that an object is at work beyond what was measured here, where everything is near: assumptions, on the
 * high side. An object that waits for another one's answer is at work, too.
 */
const DISTANCE_SECONDS: Readonly<Record<string, number>> = {
  // Connecting with TLS and some commands; then the pool stays open for `mongodb.idle`.
  'MongoGateway.probe': 0.5 + 2,
  // Once an hour, for business metrics.
  'MongoGateway.aggregate': 1 + 2,
  'EventQueue.refresh': 1.2,
  'EventQueue.accept': 0.01,
  // Handing metrics over, and documents to MongoDB's object, which connects.
  'EventQueue.alarm': 0.6,
  'MongoGateway.write': 0.5 + 2,
  'PushStore.push': 0.01,
  'PushStore.exposition': 0.02,
  'HealthMonitor.report': 0.6,
  'AlertLedger.tick': 0.8,
  'AlertLedger.alarm': 0.02,
  'AlertLedger.status': 0.01,
  'AlertLedger.incidents': 0.01,
  'AlertLedger.observeMonitors': 0.02,
  'IncidentBook.pages': 0.01,
  'UptimeMonitor.report': 0.01,
  'UptimeMonitor.history': 0.01,
  'UptimeMonitor.beat': 0.01,
  // The way to the regions and back, telling the ledger, handing over; to this comes what the checks take.
  'UptimeMonitor.tick': 0.5,
  'RegionProber.run': 0.01,
  'MetricsStore.ingest': 0.02,
  'MetricsStore.read': 0.01,
  'MetricsStore.exposition': 0.02,
}

/** An object that waits for a check is at work; so is the one that waits for that. */
const WAITING_FOR_CHECKS = ['UptimeMonitor.tick', 'RegionProber.run']

const TRAFFIC: readonly Traffic[] = [
  { requestsPerSecond: 1, isolates: 5 },
  { requestsPerSecond: 10, isolates: 20 },
  { requestsPerSecond: 100, isolates: 100 },
]

/** What is billed: idle, with monitors, for what asks it regularly, and under traffic. */
export async function benchCost(): Promise<Report> {
  const idleService = await measureIdle()
  const { tick, flush, check, scrape, logsPerRequest } = idleService
  const shipped = await measureShipped()
  const fifty = await measureFifty()
  const ingest = await measureIngest()
  const perDayOf = (each: Billed) => times(each, TICKS_PER_DAY)
  const idle = perDayOf(tick)
  const days = TRAFFIC.map((traffic) =>
    plus(idle, trafficPerDay(traffic, flush, FLUSH_SECONDS, logsPerRequest)),
  )
  const share = Math.max(...BILLED.map((each) => idle[each] / TARIFFS[each].freePerDay))
  const month = (name: string, day: Billed, more: readonly string[] = ['', '', '']) => [
    name,
    ...more,
    dollars(paidPerMonth(day)),
    isFree(day) ? 'fits' : 'no',
  ]
  return {
    title: 'What is billed',
    text: [
      `Counted in workerd: ${TICKS} cron runs with all integrations and the shipped rules, ${FLUSHES} hand-overs of`,
      `metrics, ${CHECKS} requests each of /health and others that come a minute apart. Duration is measured, plus what`,
      'distances are assumed to take (DISTANCE_SECONDS in bench/cost/bench.ts). Objects that are idle for 10 s are evicted.',
      '',
      'One of each:',
      '',
      perEach({
        'cron run': tick,
        'with 2 monitors': shipped.tick,
        'with 50 monitors': fifty.tick,
        'hand-over': flush,
      }),
      '',
      perEach({ '/health': check, '/metrics': scrape, '/status': fifty.view, heartbeat: fifty.beat }),
      '',
      `With INGEST_TOKEN: /events with 1 event and with ${EVENTS} a minute apart, and with 1 each second; a push of 100 series`,
      'and a scrape; the query that the cron has asked each hour, asked for at once:',
      '',
      perEach({
        '1 event': ingest.one,
        [`${EVENTS} events`]: ingest.many,
        '1 event, each second': ingest.steady,
        push: ingest.push,
        '/metrics': ingest.scrape,
        refresh: ingest.refresh,
      }),
      '',
      'A cron run calls:',
      '',
      table(
        ['', 'without monitors', 'with 2', 'with 50'],
        [...new Set([tick, shipped.tick, fifty.tick].flatMap(({ calls }) => Object.keys(calls)))].map(
          (call) => [
            call,
            ...[tick, shipped.tick, fifty.tick].map(({ calls }) => (calls[call] ?? 0).toFixed(2)),
          ],
        ),
      ),
      '',
      'A day, and its share of the free plan:',
      '',
      perDay({
        idle,
        'the 2 shipped monitors': perDayOf(shipped.tick),
        [`${FIFTY} monitors, 60 s, ${LOCATIONS.length} regions`]: perDayOf(fifty.tick),
      }),
      '',
      perDay({
        'idle + /health each minute': plus(idle, perDayOf(check)),
        'idle + /metrics each minute': plus(idle, perDayOf(scrape)),
        '50 monitors + /status each minute': plus(perDayOf(fifty.tick), perDayOf(fifty.view)),
      }),
      '',
      perDay(Object.fromEntries(TRAFFIC.map((traffic, index) => [trafficName(traffic), days[index]!]))),
      '',
      'A month:',
      '',
      table(
        ['', 'isolates', 'object requests per million', 'rows written per million', 'paid plan', 'free plan'],
        [
          month('idle', idle),
          month('2 monitors', perDayOf(shipped.tick)),
          month(`${FIFTY} monitors`, perDayOf(fifty.tick)),
          ...TRAFFIC.map((traffic, index) => {
            const perMillion = (flushesPerSecond(traffic, FLUSH_SECONDS) / traffic.requestsPerSecond) * 1e6
            return month(trafficName(traffic), days[index]!, [
              String(traffic.isolates),
              whole(perMillion * flush.objectRequests),
              whole(perMillion * flush.rowsWritten),
            ])
          }),
        ],
      ),
      '',
      share < 0.1
        ? `An idle service without monitors uses less than a tenth of each daily allowance: at most ${percent(share)}.`
        : `AN IDLE SERVICE USES MORE THAN A TENTH OF A DAILY ALLOWANCE: ${percent(share)}.`,
    ].join('\n'),
    figures: [
      ['An idle day with the shipped rules: largest share of a free allowance', percent(share)],
      [
        'The same day: Durable Object requests, rows written',
        `${whole(idle.objectRequests)}, ${whole(idle.rowsWritten)}`,
      ],
      [
        `A day with ${FIFTY} monitors at 60 s from ${LOCATIONS.length} regions: the same`,
        `${whole(perDayOf(fifty.tick).objectRequests)}, ${whole(perDayOf(fifty.tick).rowsWritten)}`,
      ],
    ],
  }
}

const OF_REQUEST = { workerRequests: 1, points: 1 }
const OF_CRON = { workerRequests: 1, points: 0 }

async function measureIdle() {
  await using service = await startCountedService('none')
  const tick = await measureTick(service, 0)
  const flush = await service.run({ paths: FLUSHED_PATHS, everyMs: FLUSH_SECONDS * 1000, times: FLUSHES })
  const check = await service.run({ paths: ['/health'], everyMs: MINUTE_MS, times: CHECKS })
  const scrape = await service.run({ paths: ['/metrics'], everyMs: MINUTE_MS, times: CHECKS })
  return {
    tick,
    // Worker requests, points and log lines are counted with the requests.
    flush: { ...billedFor(flush, FLUSHES, { workerRequests: 0, points: 0 }), logs: 0 },
    logsPerRequest: billedFor(flush, FLUSHES * FLUSHED_PATHS.length, OF_REQUEST).logs,
    check: billedFor(check, CHECKS, OF_REQUEST),
    scrape: billedFor(scrape, CHECKS, OF_REQUEST),
  }
}

async function measureShipped() {
  await using service = await startCountedService('shipped')
  return { tick: await measureTick(service, 1) }
}

async function measureFifty() {
  await using service = await startCountedService([
    ...Array.from({ length: FIFTY }, (_, index) => ({
      name: `Page ${index}`,
      url: '${API_URL}/health',
      locations: [...LOCATIONS],
    })),
    { name: 'Job', type: 'heartbeat', every: 86_400, grace: 3_600 },
  ])
  const tick = await measureTick(service, CHECKS_PER_SHARD)
  const view = await service.run({ paths: ['/status'], everyMs: MINUTE_MS, times: CHECKS })
  const beat = await service.run({ paths: ['/heartbeat/job'], everyMs: MINUTE_MS, times: CHECKS })
  return {
    tick,
    view: billedFor(view, CHECKS, OF_REQUEST),
    beat: billedFor(beat, CHECKS, OF_REQUEST),
  }
}

/** What applications send, and what is asked of MongoDB for it. */
async function measureIngest() {
  await using service = await startCountedService('none', true)
  await service.run({ paths: ['/events?count=1', '/metrics/job/bench'], everyMs: MINUTE_MS, times: 2 })
  const each = async (path: string, times = CHECKS) =>
    billedFor(await service.run({ paths: [path], everyMs: MINUTE_MS, times }), times, OF_REQUEST)
  const paths = Array<string>(FLUSH_SECONDS).fill('/events?count=1')
  const steady = await service.run({ paths, everyMs: FLUSH_SECONDS * 1000, times: CHECKS })
  return {
    refresh: await each('/admin/business/refresh'),
    one: await each('/events?count=1'),
    steady: billedFor(steady, CHECKS * FLUSH_SECONDS, OF_REQUEST),
    push: await each('/metrics/job/bench'),
    scrape: await each('/metrics'),
    // Last, and few: the embedded MongoDB takes longer the more documents there are.
    many: await each(`/events?count=${EVENTS}`, FULL_CALLS),
  }
}

/** @param perShard how many checks a prober is asked for at once; none without monitors */
async function measureTick(service: CountedService, perShard: number): Promise<CountedBilled> {
  await service.run({ cron: true, everyMs: MINUTE_MS, times: 2 }) // tables and connections are made
  const usage = await service.run({ cron: true, everyMs: MINUTE_MS, times: TICKS })
  return billedFor(usage, TICKS, OF_CRON, CHECK_SECONDS * Math.ceil(perShard / CHECKS_AT_ONCE))
}

/** What one costs, and how often it calls what. */
interface CountedBilled extends Billed {
  readonly calls: Readonly<Record<string, number>>
}

/** What one of `count` costs. @param checkSeconds how long the checks of a prober take, which is waited for */
function billedFor(
  { calls, activeMs, sleptMs, rowsRead, rowsWritten, logLines, logBytes }: Usage,
  count: number,
  own: Pick<Billed, 'workerRequests' | 'points'>,
  checkSeconds = 0,
): CountedBilled {
  const requests = Object.values(calls).reduce((sum, each) => sum + each, 0)
  const measuredMs = Object.values(activeMs).reduce((sum, each) => sum + each, sleptMs)
  const distanceSeconds = Object.entries(calls).reduce((sum, [call, each]) => {
    const seconds = DISTANCE_SECONDS[call]
    if (seconds === undefined) throw new Error(`${call} was called, and DISTANCE_SECONDS does not know it`)
    return sum + each * (seconds + (WAITING_FOR_CHECKS.includes(call) ? checkSeconds : 0))
  }, 0)
  return {
    ...own,
    objectRequests: requests / count,
    objectDuration: gigabyteSeconds(measuredMs / 1000 + distanceSeconds) / count,
    rowsWritten: rowsWritten / count,
    rowsRead: rowsRead / count,
    logs: (logBytes + logLines * LOG_ATTRIBUTES_BYTES) / 1e9 / count,
    calls: Object.fromEntries(Object.entries(calls).map(([call, each]) => [call, each / count])),
  }
}

const perEach = (columns: Readonly<Record<string, Billed>>): string =>
  table(
    ['', ...Object.keys(columns)],
    BILLED.map((each) => [
      TARIFFS[each].label,
      ...Object.values(columns).map((billed) => shown(each, billed[each])),
    ]),
  )

const shown = (each: keyof Billed, amount: number): string => amount.toFixed(each === 'logs' ? 7 : 2)

const perDay = (columns: Readonly<Record<string, Billed>>): string =>
  table(
    ['', ...Object.keys(columns)],
    BILLED.map((each) => [
      TARIFFS[each].label,
      ...Object.values(columns).map(
        (billed) =>
          `${each === 'logs' ? billed[each].toFixed(3) : whole(billed[each])} (${percent(billed[each] / TARIFFS[each].freePerDay)})`,
      ),
    ]),
  )

const trafficName = ({ requestsPerSecond }: Traffic): string => `${requestsPerSecond} requests/s`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const dollars = (amount: number): string => `$${amount.toFixed(2)}`
