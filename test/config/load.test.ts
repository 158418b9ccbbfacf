import { describe, expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { checkConfig, loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/mistakes.ts'

const mistakesIn = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

const pagerduty = { name: 'pagerduty', type: 'pagerduty', routingKey: '${PAGERDUTY_KEY}' }

const quiet = { operator: '>', threshold: 1, severity: 'info', summary: 'x' }

describe('the configuration', () => {
  it('is complete with no variable at all, and says what is off', () => {
    const { config, disabled } = loadConfig(written, {})
    expect(config.mongodb).toBeUndefined()
    expect(config.alerts.receivers).toEqual([])
    expect(config.alerts.routes).toEqual({ critical: [], warning: [], info: [] })
    expect(disabled).toContainEqual({ part: 'mongodb', missing: ['MONGODB_URI'] })
    expect(disabled).toContainEqual({
      part: 'redis',
      missing: ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
    })
    expect(disabled).toContainEqual({ part: 'alerts.receivers.pagerduty', missing: ['PAGERDUTY_KEY'] })
  })

  it('fills names in, with defaults, and wraps secrets', () => {
    const { config } = loadConfig(written, { MONGODB_URI: 'mongodb://u:p@db/x', PAGERDUTY_KEY: 'k' })
    expect(config.mongodb?.uri.reveal()).toBe('mongodb://u:p@db/x')
    expect(JSON.stringify(config)).not.toContain('u:p')
    expect(config.alerts.receivers).toMatchObject([
      { name: 'pagerduty', url: 'https://events.pagerduty.com/v2/enqueue' },
    ])
    expect(config.alerts.routes.critical).toEqual(['pagerduty'])
  })

  it('links to the service only where its address is known', () => {
    expect(loadConfig(written, {}).config.service).not.toHaveProperty('url')
    const { config } = loadConfig(written, { SERVICE_URL: 'https://watch.example' })
    expect(config.service.url).toBe('https://watch.example')
  })

  it('knows the labels of the metrics that rules are on, but for those that applications push', () => {
    const on = (metric: string, ...labels: string[]) => ({
      id: `r-${metric.replaceAll(/\W|_/g, '-')}`,
      signal: { metric, labels: Object.fromEntries(labels.map((label) => [label, 'x'])) },
      operator: '>',
      threshold: 1,
      severity: 'info',
      summary: 'x',
    })
    const rules = [
      on('esg_api_requests_total', 'route', 'staus'),
      on('esg_orders_total', 'tier', 'shop'),
      on('edgewatch_tick_duration_seconds', 'shard'),
      on('pushed_by_somebody', 'anything'),
    ]
    const orders = { name: 'orders_total', type: 'counter', help: 'Orders.', labels: { tier: ['x'] } }
    const config = { metrics: { namespace: 'esg' }, business: { metrics: [orders] }, alerts: { rules } }
    expect(mistakesIn(() => checkConfig(config))).toEqual([
      {
        path: 'alerts.rules[0].signal.labels.staus',
        found: '"x"',
        expected: 'a label of esg_api_requests_total (method, route, status)',
      },
      {
        path: 'alerts.rules[1].signal.labels.shop',
        found: '"x"',
        expected: 'a label of esg_orders_total (tier)',
      },
      {
        path: 'alerts.rules[2].signal.labels.shard',
        found: '"x"',
        expected: 'a label of edgewatch_tick_duration_seconds (it has none)',
      },
    ])
  })

  it('knows the metrics that begin as its own do, and no other', () => {
    const on = (metric: string) => ({ ...quiet, id: 'r', signal: { metric } })
    const expectedOf = (metric: string, config: object = {}) =>
      mistakesIn(() => checkConfig({ ...config, alerts: { rules: [on(metric)] } })).map(
        ({ path, expected }) => `${path}: ${expected}`,
      )
    expect(expectedOf('edgewatch_event_backlog')).toEqual([
      expect.stringMatching(
        /^alerts.rules\[0\].signal.metric: a metric .* such as edgewatch_events_backlog,/,
      ),
    ])
    expect(expectedOf('edgewatch_events_backlog')).toEqual([])
    const orders = { name: 'orders_total', type: 'counter', help: 'Orders.' }
    expect(expectedOf('edgewatch_orders_total', { business: { metrics: [orders] } })).toEqual([])
    const esg = { metrics: { namespace: 'esg' } }
    expect(expectedOf('edgewatch_api_requests_total', esg)).toEqual([
      expect.stringContaining('such as esg_api_requests_total'),
    ])
    expect(expectedOf('edgewatch_events_backlog', esg)).toEqual([])
    expect(expectedOf('esg_pushed_by_somebody', esg)).toEqual([])
  })

  it.each([
    ['MongoDB is {valu}', false],
    ['{ value } is too much', false],
    ['{} of {value}', false],
    ['{value} of {threshold}', true],
    ['${SHOP:-The shop} fails: {value}', true],
    ['no end: {value', true],
  ])('fills {value} and {threshold} into summaries, and nothing else: %s', (summary, isFine) => {
    const rules = [{ ...quiet, id: 'r', signal: 'mongodb_up', summary }]
    const paths = mistakesIn(() => checkConfig({ alerts: { rules } })).map(({ path }) => path)
    expect(paths).toEqual(isFine ? [] : ['alerts.rules[0].summary'])
  })

  it('tells a mistake where it stands, also behind a part that is switched off', () => {
    const config = {
      alerts: {
        receivers: [
          { name: 'chat', type: 'slack', webhookUrl: '${SLACK}', whenUnset: 'disable' },
          { ...pagerduty, url: '${URL}' },
        ],
        routes: { critical: ['chat', 'pagerduty'] },
      },
    }
    const variables = { PAGERDUTY_KEY: 'k', URL: 'nowhere' }
    expect(mistakesIn(() => loadConfig(config, variables)).map(({ path }) => path)).toEqual([
      'alerts.receivers[1].url',
    ])
    const { alerts } = loadConfig(config, { ...variables, URL: 'https://x.example' }).config
    expect(alerts.receivers.map(({ name }) => name)).toEqual(['pagerduty'])
    expect(alerts.routes.critical).toEqual(['pagerduty'])
  })

  it('says of each kind of mistake where it is and what was expected there', () => {
    const rule = {
      id: 'a',
      signal: 'mongodb_up',
      operator: '>',
      threshold: 1,
      severity: 'info',
      summary: 's',
    }
    const mistakes = mistakesIn(() =>
      checkConfig({
        service: { url: '${SERVICE URL}' },
        alerts: {
          rules: [
            { ...rule, signal: { metrik: 'x' } },
            { ...rule, id: 'b', threshold: Number.NaN },
            { ...rule, id: 'c', labels: { __name: 'x' } },
          ],
          receivers: [
            { ...pagerduty, type: 'pagedutty' },
            { ...pagerduty, name: 'b', routingKey: '${}' },
          ],
        },
      }),
    )
    expect(mistakes).toEqual(
      expect.arrayContaining([
        {
          path: 'service.url',
          found: '"${SERVICE URL}"',
          expected: 'a name of letters, digits and _ in ${NAME} or ${NAME:-default}',
        },
        { path: 'alerts.rules[0].signal.metric', found: 'nothing', expected: 'string' },
        {
          path: 'alerts.rules[0].signal.metrik',
          found: 'a key that does not exist',
          expected: 'it to be left out or spelt otherwise',
        },
        { path: 'alerts.rules[1].threshold', found: 'NaN', expected: 'number' },
        { path: 'alerts.rules[2].labels.__name', found: '"__name"', expected: 'a Prometheus label name' },
        {
          path: 'alerts.receivers[0].type',
          found: '"pagedutty"',
          expected: 'one of "pagerduty", "slack", "webhook"',
        },
        {
          path: 'alerts.receivers[1].routingKey',
          found: '"${}"',
          expected: 'a name of letters, digits and _ in ${NAME} or ${NAME:-default}',
        },
      ]),
    )
    expect(mistakes).toHaveLength(7)
  })

  it('lists every mistake at once, with path, what was found and what was expected', () => {
    const mistakes = mistakesIn(() =>
      checkConfig({
        metrics: { namespace: 'Bad Name', maxSeries: 0 },
        observe: { slowMS: 5 },
        alerts: {
          rules: [
            {
              id: 'a',
              signal: 'error_ratio',
              operator: '>',
              threshold: 'high',
              severity: 'critical',
              summary: 's',
            },
            {
              id: 'a',
              signal: 'no_such',
              operator: '>',
              threshold: 1,
              severity: 'page',
              summary: 's',
              for: '5 min',
            },
          ],
          routes: { critical: ['nobody'] },
        },
        extra: 1,
      }),
    )
    const byPath = Object.fromEntries(mistakes.map((each) => [each.path, each]))
    expect(byPath['metrics.namespace']).toMatchObject({
      found: '"Bad Name"',
      expected: 'lower-case letters, digits and _',
    })
    expect(byPath['metrics.maxSeries']).toMatchObject({ found: '0', expected: 'at least 1' })
    expect(byPath['observe.slowMS']).toMatchObject({ found: 'a key that does not exist' })
    expect(byPath['alerts.rules[0].threshold']).toMatchObject({ found: '"high"', expected: 'number' })
    expect(byPath['alerts.rules[1].severity']).toMatchObject({
      found: '"page"',
      expected: 'one of "critical", "warning", "info"',
    })
    expect(byPath['alerts.rules[1].for']).toMatchObject({ found: '"5 min"' })
    expect(byPath['alerts.rules[1].signal']?.expected).toContain('error_ratio')
    expect(byPath.extra).toBeDefined()
  })

  it('takes a location by its name or code, and none where Cloudflare creates no objects', () => {
    const locationOf = (location: 'eu-west' | 'weur' | 'sam') =>
      loadConfig({ service: { location } }, {}).config.service.location
    expect([locationOf('eu-west'), locationOf('weur')]).toEqual(['eu-west', 'eu-west'])
    expect(() => locationOf('sam')).toThrow('runs no Durable Objects in sam')
  })

  it('finds names used twice and routes to nobody', () => {
    const mistakes = mistakesIn(() =>
      checkConfig({ alerts: { receivers: [pagerduty, pagerduty], routes: { critical: ['pagerdutty'] } } }),
    )
    expect(mistakes).toEqual([
      { path: 'alerts.receivers[1].name', found: '"pagerduty"', expected: 'a name used once' },
      {
        path: 'alerts.routes.critical[0]',
        found: '"pagerdutty"',
        expected: 'the name of a receiver (pagerduty)',
      },
    ])
  })

  it('takes a least number of requests only where requests are judged together', () => {
    const rule = { id: 'a', operator: '>', threshold: 1, severity: 'info', summary: 's', minRequests: 20 }
    const check = (signal: string) => () => checkConfig({ alerts: { rules: [{ ...rule, signal }] } })
    expect(check('error_ratio')).not.toThrow()
    expect(check('latency_p95_ms')).not.toThrow()
    expect(check('request_rate')).toThrow('minRequests')
    expect(check('mongodb_latency_ms')).toThrow('minRequests')
  })

  it('takes a route only where there are routes', () => {
    const rule = { id: 'a', operator: '>', threshold: 1, severity: 'info', summary: 's', route: '/x' }
    const mistakes = mistakesIn(() =>
      checkConfig({
        alerts: {
          rules: [
            { ...rule, signal: 'latency_p95_ms' },
            { ...rule, id: 'b', signal: 'redis_up' },
          ],
        },
      }),
    )
    expect(mistakes.map(({ path }) => path)).toEqual(['alerts.rules[1].route'])
  })

  it('takes a name without a value for a mistake that tells where it is used', () => {
    const mistakes = mistakesIn(() =>
      loadConfig({ alerts: { receivers: [pagerduty] } }, { PAGERDUTY_KEY: '' }),
    )
    expect(mistakes).toEqual([
      {
        path: 'alerts.receivers[0].routingKey',
        found: '${PAGERDUTY_KEY}, which is not set',
        expected: 'the variable or secret PAGERDUTY_KEY',
      },
    ])
  })

  it('never shows what came from a variable', () => {
    const config = { alerts: { receivers: [{ ...pagerduty, url: '${URL}' }] } }
    const mistakes = mistakesIn(() => loadConfig(config, { PAGERDUTY_KEY: 'k', URL: 'hunter2 is no URL' }))
    expect(mistakes).toEqual([
      { path: 'alerts.receivers[0].url', found: 'a value of type string', expected: 'an http or https URL' },
    ])
  })
})
