import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observe } from '../../src/alerts/condition.ts'
import { NO_SAMPLES } from '../../src/alerts/samples.ts'
import type { Measured, Readings } from '../../src/alerts/signals.ts'
import { isDisabled, planSignals, sampleCounters, signalValue } from '../../src/alerts/signals.ts'
import type { RuleInput } from '../../src/config/rules.ts'
import { rule as schema } from '../../src/config/rules.ts'
import type { DependencyState } from '../../src/health/model.ts'
import type { MetricsAnswer } from '../../src/metrics/query.ts'
import { requests } from './world.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 0, 1, 12, 0, 3)
const CACHE = 'shop_cache_operations_total'

const rule = (signal: RuleInput['signal'], more: Partial<RuleInput> = {}) =>
  schema.parse({
    id: 'r',
    signal,
    operator: '>',
    threshold: 0.5,
    severity: 'info',
    summary: '{value} of {threshold}',
    ...more,
  })

interface World {
  mongodb?: DependencyState
  redis?: DependencyState
  metrics?: Partial<MetricsAnswer> | null
  monitors?: Readings['monitors']
}

function measure(signal: RuleInput['signal'], world: World = {}, more: Partial<RuleInput> = {}) {
  const wanted = rule(signal, more)
  const plan = planSignals([wanted], CACHE, NOW)
  const disabled = { state: 'disabled' } as const
  const readings: Readings = {
    now: NOW,
    scheduledAtMs: NOW - 3_000,
    metrics: world.metrics === null ? undefined : { windows: [[]], series: [], ...world.metrics },
    dependencies: {
      checkedAtMs: NOW,
      mongodb: world.mongodb ?? disabled,
      redis: world.redis ?? disabled,
    },
    monitors: world.monitors,
    samples: NO_SAMPLES,
  }
  return signalValue(wanted, plan, readings, CACHE)
}

describe('the one query of a run', () => {
  it('asks once for each window and each series', () => {
    const rules = [
      rule('error_ratio', { over: '5m' }),
      rule('latency_p95_ms', { over: '5m', route: '/items' }),
      rule('request_rate', { over: '90s' }),
      rule({ metric: 'jobs_total', labels: { a: '1', b: '2' } }),
      rule({ metric: 'jobs_total', labels: { b: '2', a: '1' } }, { over: '1h' }),
      rule('cache_hit_ratio'),
      rule('mongodb_up'),
    ]
    const noonMs = Date.UTC(2026, 0, 1, 12)
    const plan = planSignals(rules, CACHE, NOW)
    expect(plan.query).toEqual({
      windows: [
        { fromMs: noonMs - 5 * MINUTE, toMs: noonMs + MINUTE },
        { fromMs: noonMs - 2 * MINUTE, toMs: noonMs + MINUTE },
      ],
      series: [
        { metric: 'jobs_total', labels: { b: '2', a: '1' } },
        { metric: CACHE, labels: { status: 'hit' } },
        { metric: CACHE, labels: { status: 'miss' } },
      ],
    })
    expect(plan.keepMs).toBe(60 * MINUTE)
  })

  it('asks nothing where no rule wants metrics', () => {
    expect(planSignals([rule('redis_up')], CACHE, NOW).query).toEqual({ windows: [], series: [] })
  })
})

describe('a signal over requests', () => {
  const metrics = { windows: [[requests(90, 0, '/a'), requests(10, 5, '/b')]] }

  it('adds the routes up, or takes the one that is asked for', () => {
    expect(measure('error_ratio', { metrics })).toBe(0.05)
    expect(measure('error_ratio', { metrics }, { route: '/b' })).toBe(0.5)
    expect(measure('request_rate', { metrics }, { over: '5m' })).toBeCloseTo(100 / 303, 10)
  })

  it('leaves out those who ask how we are, unless it is about their route', () => {
    const probed = { windows: [[...metrics.windows[0]!, requests(900, 900, '/health')]] }
    expect(measure('error_ratio', { metrics: probed })).toBe(0.05)
    expect(measure('error_ratio', { metrics: probed }, { route: '/health' })).toBe(1)
  })

  it('tells quantiles in milliseconds', () => {
    const window = {
      route: '/',
      requests: 100,
      errors: 0,
      durationSumSeconds: 1,
      durationBuckets: [0, 50, 0, 0, 0, 40, 0, 10, 0, 0, 0, 0],
    }
    const world = { metrics: { windows: [[window]] } }
    expect(measure('latency_p50_ms', world)).toBeCloseTo(10)
    expect(measure('latency_p95_ms', world)).toBeCloseTo(750)
    expect(measure('latency_p99_ms', world)).toBeCloseTo(950)
  })

  it('has no ratio and no latency without requests, but a rate of 0', () => {
    expect(measure('error_ratio')).toBe('none')
    expect(measure('error_ratio', { metrics }, { route: '/c' })).toBe('none')
    expect(measure('latency_p95_ms')).toBe('none')
    expect(measure('request_rate')).toBe(0)
  })

  it('has no ratio and no latency of fewer requests than the rule wants, so that it pages nobody', () =>
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 60 }), (a, b, minRequests) => {
        const world = { metrics: { windows: [[requests(a, a, '/a'), requests(b, 0, '/b')]] } }
        const value = measure('error_ratio', world, { minRequests })
        expect(value).toBe(a + b < minRequests || a + b === 0 ? 'none' : a / (a + b))
        const seen = observe(rule('error_ratio', { minRequests, threshold: 0 }), value)
        expect(seen.holds).toBe(a > 0 && a + b >= minRequests)
        expect(seen.condition).toBe(`error_ratio > 0 over 5m of at least ${minRequests} requests`)
      }),
    ))

  it('has no data where the metrics could not be read', () => {
    for (const signal of ['error_ratio', 'latency_p99_ms', 'request_rate', 'cache_hit_ratio'] as const) {
      expect(measure(signal, { metrics: null })).toBeUndefined()
    }
    expect(measure({ metric: 'jobs_total' }, { metrics: null })).toBeUndefined()
  })
})

describe('a signal of a dependency', () => {
  const details = {
    latencyMs: 12,
    connections: { current: 45, available: 5 },
    memory: { usedBytes: 30, totalBytes: 40 },
    disk: { usedBytes: 1, totalBytes: 4 },
  }

  it.each([
    ['mongodb_up', 1],
    ['mongodb_latency_ms', 12],
    ['mongodb_connections_ratio', 0.9],
    ['mongodb_memory_ratio', 0.75],
    ['mongodb_disk_ratio', 0.25],
  ] as const)('%s is %d', (signal, expected) => {
    expect(measure(signal, { mongodb: { state: 'up', details } })).toBe(expected)
  })

  it('is 0 of one that is down, which has no other data', () => {
    const redis: DependencyState = { state: 'down', message: 'timed out' }
    expect(measure('redis_up', { redis })).toBe(0)
    expect(measure('redis_latency_ms', { redis })).toBeUndefined()
    expect(measure('redis_memory_ratio', { redis })).toBeUndefined()
  })

  it('has no data of one that is disabled, nor of numbers that it did not tell', () => {
    expect(measure('mongodb_up')).toBeUndefined()
    const mongodb: DependencyState = { state: 'up', details: { latencyMs: 1, memory: { usedBytes: 5 } } }
    expect(measure('mongodb_memory_ratio', { mongodb })).toBeUndefined()
    expect(measure('mongodb_disk_ratio', { mongodb })).toBeUndefined()
  })

  it('is watched unless it is known to be disabled', () => {
    const up: DependencyState = { state: 'up', details: { latencyMs: 1 } }
    const report = { checkedAtMs: NOW, mongodb: { state: 'disabled' }, redis: up } as const
    expect(isDisabled(rule('mongodb_up'), report)).toBe(true)
    expect(isDisabled(rule('redis_up'), report)).toBe(false)
    expect(isDisabled(rule('mongodb_up'), undefined)).toBe(false)
    expect(isDisabled(rule({ metric: 'mongodb_up' }), report)).toBe(false)
  })
})

describe('a signal of a monitor', () => {
  const measured = {
    up: 1,
    degraded: 0,
    uptimeRatio: 0.9995,
    latencyMs: { p50: 40, p95: 90, p99: 120 },
  } as const
  const of = (signal: RuleInput['signal'], monitors: Readings['monitors']) =>
    measure(signal, { monitors }, { monitor: 'api' })

  it.each([
    ['monitor_up', 1],
    ['monitor_degraded', 0],
    ['monitor_uptime_ratio', 0.9995],
    ['monitor_latency_p50_ms', 40],
    ['monitor_latency_p95_ms', 90],
    ['monitor_latency_p99_ms', 120],
  ] as const)('%s is as measured, and has no data where nobody knows', (signal, value) => {
    expect(of(signal, [measured])).toBe(value)
    expect(of(signal, [{}])).toBeUndefined()
    expect(of(signal, undefined)).toBeUndefined()
  })

  it('is asked for once for each monitor and window, and told apart', () => {
    const rules = [
      rule('monitor_up', { monitor: 'api' }),
      rule('monitor_degraded', { monitor: 'api' }),
      rule('monitor_uptime_ratio', { monitor: 'api', over: '1h' }),
      rule('monitor_up', { monitor: 'shop' }),
      rule('redis_up'),
    ]
    const plan = planSignals(rules, CACHE, NOW)
    expect(plan.questions).toEqual([
      { monitor: 'api', of: 'state', overMs: 5 * MINUTE },
      { monitor: 'api', of: 'uptime', overMs: 60 * MINUTE },
      { monitor: 'shop', of: 'state', overMs: 5 * MINUTE },
    ])
    const readings = {
      now: NOW,
      scheduledAtMs: NOW,
      metrics: undefined,
      dependencies: undefined,
      monitors: [{ up: 1, degraded: 0 }, { uptimeRatio: 0.5 }, { up: 0 }] as const,
      samples: NO_SAMPLES,
    }
    expect(rules.map((each) => signalValue(each, plan, readings, CACHE))).toEqual([1, 0, 0.5, 0, undefined])
  })

  it('is shown with its unit, and its condition in words', () => {
    const shown = (signal: RuleInput['signal'], value: number) => {
      const { summary, condition } = observe(rule(signal, { monitor: 'api', threshold: 0.999 }), value)
      return [summary, condition]
    }
    expect(shown('monitor_uptime_ratio', 0.9995)).toEqual([
      '99.95 % of 99.9 %',
      'monitor_uptime_ratio of api > 0.999 over 5m',
    ])
    expect(shown('monitor_up', 0)[0]).toMatch(/^down of/)
    expect(shown('monitor_degraded', 1)[0]).toMatch(/^degraded of/)
    expect(shown('monitor_latency_p95_ms', 120)).toEqual([
      '120 ms of 0.999 ms',
      'monitor_latency_p95_ms of api > 0.999 over 5m',
    ])
  })
})

describe('a signal of any metric', () => {
  it('is the value of a gauge', () => {
    const metrics = { series: [{ type: 'gauge', value: 7 } as const] }
    expect(measure({ metric: 'queue' }, { metrics })).toBe(7)
    expect(measure({ metric: 'queue' }, { metrics: { series: [undefined] } })).toBeUndefined()
  })

  /** Values of the series at runs a minute apart. */
  function overTime(signal: RuleInput['signal'], runs: readonly (readonly (number | undefined)[])[]) {
    const wanted = rule(signal)
    let samples = NO_SAMPLES
    let value: Measured
    runs.forEach((values, minute) => {
      const now = NOW + minute * MINUTE
      const plan = planSignals([wanted], CACHE, now)
      const series = values.map((each) =>
        each === undefined ? undefined : ({ type: 'counter', value: each } as const),
      )
      const metrics = { windows: [], series }
      samples = sampleCounters(plan, metrics, samples, now)
      const readings = {
        now,
        scheduledAtMs: now,
        metrics,
        dependencies: undefined,
        monitors: undefined,
        samples,
      }
      value = signalValue(wanted, plan, readings, CACHE)
    })
    return value
  }

  it('is the increase per second of a counter', () => {
    expect(overTime({ metric: 'jobs_total' }, [[100]])).toBeUndefined()
    expect(overTime({ metric: 'jobs_total' }, [[100], [130], [220]])).toBe(1)
  })

  it('is the share of hits of the cache, without data while nobody asks it', () => {
    expect(
      overTime('cache_hit_ratio', [
        [10, 0],
        [10, 0],
      ]),
    ).toBeUndefined()
    expect(
      overTime('cache_hit_ratio', [
        [10, 4],
        [16, 6],
      ]),
    ).toBe(0.75)
    expect(
      overTime('cache_hit_ratio', [
        [undefined, 4],
        [undefined, 6],
      ]),
    ).toBe(0)
    expect(
      overTime('cache_hit_ratio', [
        [undefined, undefined],
        [undefined, undefined],
      ]),
    ).toBeUndefined()
  })
})

it('the scheduler lag is how late the run began', () => {
  expect(measure('scheduler_lag_seconds')).toBe(3)
})

describe('what a run sees of a rule', () => {
  it.each([
    ['error_ratio', 0.0721, '7.2 %'],
    ['latency_p95_ms', 1234.5, '1235 ms'],
    ['mongodb_latency_ms', 4.25, '4.3 ms'],
    ['request_rate', 0.1234, '0.123/s'],
    ['scheduler_lag_seconds', 90, '90 s'],
    ['redis_up', 0, 'down'],
    [{ metric: 'jobs' }, 3, '3'],
  ] as const)('of %o: %d is shown as %s', (signal, value, shown) => {
    const seen = observe(rule(signal), value)
    expect(seen.value).toBe(shown)
    expect(seen.summary.startsWith(`${shown} of `)).toBe(true)
  })

  it('says its condition in words', () => {
    const words = (...args: Parameters<typeof rule>) => observe(rule(...args), 1).condition
    expect(words('error_ratio', { threshold: 0.05 })).toBe('error_ratio > 0.05 over 5m')
    expect(words('mongodb_up', { operator: '==', threshold: 0, for: '2m' })).toBe('mongodb_up == 0 for 2m')
    expect(words('request_rate', { route: '/items/:id', operator: '<' })).toBe(
      'request_rate of /items/:id < 0.5 over 5m',
    )
    expect(words({ metric: 'jobs', labels: { queue: 'mail' } })).toBe('jobs{queue="mail"} > 0.5 over 5m')
  })

  it.each([
    ['>', false, false, true],
    ['>=', false, true, true],
    ['<', true, false, false],
    ['<=', true, true, false],
    ['==', false, true, false],
    ['!=', true, false, true],
  ] as const)('%s of 1, 2 and 3 with a threshold of 2', (operator, ...expected) => {
    const holds = [1, 2, 3].map((value) => observe(rule('redis_up', { operator, threshold: 2 }), value).holds)
    expect(holds).toEqual(expected)
  })

  it('does not hold where there was nothing to measure', () => {
    for (const operator of ['>', '<', '=='] as const) {
      expect(observe(rule('error_ratio', { operator, threshold: 0 }), 'none').holds).toBe(false)
    }
  })

  it('says why what it is about is down', () => {
    expect(observe(rule('mongodb_up', { operator: '==', threshold: 0 }), 0, 'timed out')).toMatchObject({
      holds: true,
      value: 'down: timed out',
    })
  })

  it('holds neither way without data', () => {
    expect(observe(rule('error_ratio'), undefined)).toMatchObject({
      holds: undefined,
      summary: 'unknown of 50 %',
    })
    expect(observe(rule('error_ratio'), Number.NaN).holds).toBeUndefined()
    expect(observe(rule('error_ratio'), undefined).holds).toBeUndefined()
  })
})
