import { describe, expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { checkConfig, loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/mistakes.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'

const mistakesIn = (business: unknown, more: object = {}) => {
  try {
    checkConfig({ business, ...more })
  } catch (error) {
    if (error instanceof ConfigError)
      return error.mistakes.map(({ path, expected }) => `${path}: ${expected}`)
    throw error
  }
  return []
}

const counter = (name: string, labels = {}) => ({ name, type: 'counter', help: 'Some.', labels })
const metrics = (...list: object[]) => ({ metrics: list })

describe('business', () => {
  it('is shipped with what the documents count', () => {
    const { business } = loadConfig(written, {}).config
    expect(business?.metrics).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'analysis_by_framework_total',
          type: 'counter',
          labels: { framework: expect.any(Array), user_tier: ['free', 'starter', 'growth', 'enterprise'] },
        }),
        expect.objectContaining({
          name: 'metrics_extracted_count',
          type: 'histogram',
          buckets: [0, 5, 10, 20, 50, 100, 200],
        }),
        expect.objectContaining({
          name: 'subscription_revenue_usd',
          type: 'gauge',
          labels: { tier: ['starter', 'growth', 'enterprise'] },
          query: 'monthly_revenue',
        }),
      ]),
    )
    expect(createCatalog('esg').cacheOperations.name).toBe('esg_cache_operations_total')
    expect(business?.collections).toMatchObject({
      activity: { name: 'user_activity' },
      users: { name: 'users', id: '_id' },
      compliance: { name: 'framework_compliance' },
    })
  })

  it('is shipped with an alert on events that wait', () => {
    const { alerts } = loadConfig(written, {}).config
    const { name: metric } = createCatalog('edgewatch').eventsBacklog
    expect(alerts.rules).toContainEqual(
      expect.objectContaining({ signal: { metric, labels: {} }, operator: '>', threshold: 0 }),
    )
  })

  it('may be left out', () => {
    expect(loadConfig({}, {}).config.business).toBeUndefined()
    expect(loadConfig({ business: {} }, {}).config.business).toMatchObject({
      prices: { free: 0, starter: 49, growth: 199, enterprise: 999 },
      maxBacklog: 50_000,
    })
  })

  it.each([
    ['a name of ours', metrics(counter('api_requests_total')), 'metrics[0].name: a name that is not taken'],
    ['the name of the cache', metrics(counter('cache_operations_total')), 'metrics[0].name: a name that is'],
    [
      'a name twice',
      metrics(counter('a_total'), { ...counter('a'), type: 'gauge' }),
      'metrics[1].name: a name that is not taken, as by edgewatch_a_total',
    ],
    [
      'the name of a bucket',
      metrics({ ...counter('a'), type: 'histogram', buckets: [1] }, { ...counter('a_count'), type: 'gauge' }),
      'metrics[1].name: a name that is not taken',
    ],
    ['a counter without _total', metrics(counter('a')), 'metrics[0].name: a metric that Prometheus takes'],
    [
      'buckets that fall',
      metrics({ ...counter('a'), type: 'histogram', buckets: [2, 1] }),
      'metrics[0].name: a metric that Prometheus takes',
    ],
    ['a label of no values', metrics(counter('a_total', { b: [] })), 'metrics[0].labels.b: at least 1'],
    [
      'a query under another label',
      metrics({ ...counter('a', { plan: ['x'] }), type: 'gauge', query: 'customers' }),
      'metrics[0].labels: the label tier',
    ],
    [
      'an effect on nothing',
      { events: { user_activity: [{ metric: 'a_total' }] } },
      'events.user_activity[0].metric: a metric of business.metrics',
    ],
    [
      'an effect with a strange label',
      { ...metrics(counter('a_total', { tier: ['x'] })), events: { user_activity: [{ metric: 'a_total' }] } },
      'events.user_activity[0].metric: a metric whose labels are fields of user_activity',
    ],
    [
      'an effect without the number it needs',
      {
        ...metrics({ ...counter('a'), type: 'gauge' }),
        events: { analysis_completed: [{ metric: 'a' }] },
      },
      'events.analysis_completed[0].value: a number of analysis_completed (metrics_extracted, coverage_percentage)',
    ],
    [
      'an effect on what MongoDB fills',
      {
        ...metrics({ ...counter('a', { framework: ['x'] }), type: 'gauge', query: 'framework_coverage' }),
        events: { analysis_completed: [{ metric: 'a', value: 'coverage_percentage' }] },
      },
      "events.analysis_completed[0].metric: a metric that isn't filled from MongoDB",
    ],
    [
      'a field that would be an operator',
      { collections: { users: { tier: '$where' } } },
      'collections.users.tier',
    ],
  ])('with %s is a mistake', (_, business, expected) => {
    expect(mistakesIn(business)).toEqual([expect.stringContaining(`business.${expected}`)])
  })

  it('with more series than a metric may have is a mistake', () => {
    const values = Array.from({ length: 30 }, (_, index) => `v${index}`)
    const wide = metrics(counter('a_total', { b: values, c: values }))
    expect(mistakesIn(wide)).toEqual([])
    expect(mistakesIn(wide, { metrics: { maxSeries: 899 } })).toEqual([
      'business.metrics[0].labels: at most 899 series (metrics.maxSeries); these labels make 900',
    ])
  })
})
