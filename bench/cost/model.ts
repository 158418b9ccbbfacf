/** What Cloudflare bills, per some time. */
export interface Billed {
  readonly workerRequests: number
  /** Calls and alarms. */
  readonly objectRequests: number
  /** GB-s: seconds of an object at work, at 128 MB each. */
  readonly objectDuration: number
  readonly rowsWritten: number
  readonly rowsRead: number
  /** Of Analytics Engine. */
  readonly points: number
  /** Taken in by Workers Logs, in GB. */
  readonly logs: number
}

/** One thing that is billed: by day on the free plan, by month on the paid one. */
export interface Tariff {
  readonly label: string
  readonly freePerDay: number
  readonly includedPerMonth: number
  /** Dollars for a million beyond what is included. */
  readonly perMillion: number
}

const MILLION = 1e6

/** https://developers.cloudflare.com/workers/platform/pricing/ and the pricing pages of each product. */
export const TARIFFS: Readonly<Record<keyof Billed, Tariff>> = {
  workerRequests: {
    label: 'Worker requests',
    freePerDay: 100_000,
    includedPerMonth: 10 * MILLION,
    perMillion: 0.3,
  },
  objectRequests: {
    label: 'Durable Object requests',
    freePerDay: 100_000,
    includedPerMonth: MILLION,
    perMillion: 0.15,
  },
  objectDuration: {
    label: 'Durable Object duration, GB-s',
    freePerDay: 13_000,
    includedPerMonth: 400_000,
    perMillion: 12.5,
  },
  rowsWritten: {
    label: 'Rows written',
    freePerDay: 100_000,
    includedPerMonth: 50 * MILLION,
    perMillion: 1,
  },
  rowsRead: {
    label: 'Rows read',
    freePerDay: 5 * MILLION,
    includedPerMonth: 25_000 * MILLION,
    perMillion: 0.001,
  },
  points: {
    label: 'Analytics Engine points',
    freePerDay: 100_000,
    includedPerMonth: 10 * MILLION,
    perMillion: 0.25,
  },
  // https://developers.cloudflare.com/observability/pricing/, from 2026-12-01 on
  logs: {
    label: 'Logs, GB',
    freePerDay: 0.5,
    includedPerMonth: 50,
    perMillion: 0.25 * MILLION,
  },
}

/** What the paid plan costs before anything else, in dollars a month. */
const PAID_PLAN = 5
const DAYS_PER_MONTH = 30
const SECONDS_PER_DAY = 86_400
const GIGABYTES_PER_OBJECT = 0.128

export const BILLED = Object.keys(TARIFFS) as (keyof Billed)[]

export const gigabyteSeconds = (seconds: number): number => seconds * GIGABYTES_PER_OBJECT

/** Times a factor. */
export function times(billed: Billed, factor: number): Billed {
  return Object.fromEntries(BILLED.map((each) => [each, billed[each] * factor])) as unknown as Billed
}

/** Both together. */
export function plus(a: Billed, b: Billed): Billed {
  return Object.fromEntries(BILLED.map((each) => [each, a[each] + b[each]])) as unknown as Billed
}

/** Whether it fits the free plan, by the day. */
export const isFree = (perDay: Billed): boolean =>
  BILLED.every((each) => perDay[each] <= TARIFFS[each].freePerDay)

/** Dollars a month on the paid plan, its own price included. */
export function paidPerMonth(perDay: Billed): number {
  return BILLED.reduce((sum, each) => {
    const { includedPerMonth, perMillion } = TARIFFS[each]
    const beyond = Math.max(0, perDay[each] * DAYS_PER_MONTH - includedPerMonth)
    return sum + (beyond / MILLION) * perMillion
  }, PAID_PLAN)
}

/** Traffic that never rests, spread evenly over some isolates. */
export interface Traffic {
  readonly requestsPerSecond: number
  /** That answer it at a time. */
  readonly isolates: number
}

/** An isolate waits for a request, then hands over what came within the next seconds. */
export function flushesPerSecond({ requestsPerSecond, isolates }: Traffic, flushSeconds: number): number {
  return isolates / (flushSeconds + isolates / requestsPerSecond)
}

/** What a day of it costs, on top of an idle one. @param logsPerRequest in GB */
export function trafficPerDay(
  traffic: Traffic,
  flush: Billed,
  flushSeconds: number,
  logsPerRequest: number,
): Billed {
  const requests = traffic.requestsPerSecond * SECONDS_PER_DAY
  const flushes = flushesPerSecond(traffic, flushSeconds) * SECONDS_PER_DAY
  const own = { objectRequests: 0, objectDuration: 0, rowsWritten: 0, rowsRead: 0 }
  return plus(
    { ...own, workerRequests: requests, points: requests, logs: requests * logsPerRequest },
    times(flush, flushes),
  )
}
