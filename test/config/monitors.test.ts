import { describe, expect, it } from 'vitest'
import { checkConfig, loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/mistakes.ts'

/** The two monitors of the reference document, field by field. */
const FROM_THE_DOCUMENT = [
  {
    name: 'API Health',
    url: 'https://api.blueprintbuddy.io/health',
    interval: 60,
    locations: ['us-east', 'eu-west'],
  },
  {
    name: 'Analysis Endpoint',
    url: 'https://api.blueprintbuddy.io/analyze',
    method: 'POST',
    headers: { Authorization: 'Bearer ${MONITOR_TOKEN}' },
    body: { text: 'Test ESG analysis', quick_mode: true },
    interval: 300,
    timeout: 30,
  },
]
const web = (name: string, more = {}) => ({ name, url: 'https://shop.example', ...more })

const mistakesIn = (work: () => unknown): Record<string, string> => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.mistakes.map(({ path, expected }) => [path, expected]))
  }
  return {}
}

describe('monitors in the configuration', () => {
  it('takes the two monitors of the document as they are written, in seconds', () => {
    const { monitors } = loadConfig({ monitors: FROM_THE_DOCUMENT }, { MONITOR_TOKEN: 't0ken' }).config
    expect(monitors).toMatchObject([
      { id: 'api-health', type: 'http', interval: 60, timeout: 10, locations: ['us-east', 'eu-west'] },
      { id: 'analysis-endpoint', method: 'POST', interval: 300, timeout: 30, failures: 2, recoveries: 2 },
    ])
    const [, analysis] = monitors
    expect(analysis?.type === 'http' && analysis.headers.Authorization?.reveal()).toBe('Bearer t0ken')
    expect(JSON.stringify(monitors)).not.toContain('t0ken')
  })

  it('knows locations by their names and by the codes of Cloudflare, each once', () => {
    const { monitors } = loadConfig(
      { monitors: [web('Shop', { locations: ['weur', 'eu-west', 'apac'] })] },
      {},
    ).config
    expect(monitors).toMatchObject([{ locations: ['eu-west', 'asia'] }])
  })

  it('takes what a monitor depends on by name or by id', () => {
    const monitors = [
      web('Database', { id: 'db' }),
      web('Shop', { dependsOn: ['Database'] }),
      web('Cart', { dependsOn: ['db'] }),
    ]
    const { config } = loadConfig({ monitors }, {})
    expect(config.monitors.map(({ dependsOn }) => dependsOn)).toEqual([[], ['db'], ['db']])
  })

  it('leaves a monitor out that is switched off, and whatever speaks of it alone', () => {
    const written = {
      monitors: [
        web('Off', { url: '${NOWHERE}', whenUnset: 'disable' }),
        web('Shop', { dependsOn: ['Off'] }),
      ],
      maintenance: [
        { title: 'For none', monitors: ['Off'], cron: '0 3 * * *', duration: '1h' },
        { title: 'For the shop', monitors: ['Off', 'shop'], cron: '0 3 * * *', duration: '1h' },
      ],
      alerts: {
        rules: [
          {
            id: 'off',
            signal: 'monitor_up',
            monitor: 'Off',
            operator: '==',
            threshold: 0,
            severity: 'info',
            summary: 's',
          },
        ],
      },
    }
    const { config, disabled } = loadConfig(written, {})
    expect(config.monitors.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([['shop', []]])
    expect(config.maintenance.map(({ title, monitors }) => [title, monitors])).toEqual([
      ['For the shop', ['shop']],
    ])
    expect(config.alerts.rules).toEqual([])
    expect(disabled).toContainEqual({ part: 'monitors.Off', missing: ['NOWHERE'] })
  })

  it('says of each mistake where it is and what was expected there', () => {
    const rule = { id: 'a', operator: '<', threshold: 1, severity: 'info', summary: 's' }
    const mistakes = mistakesIn(() =>
      checkConfig({
        monitors: [
          web('Too often', { interval: 5 }),
          web('Shop', { expect: { status: ['2x'], json: [{ path: 'status', equals: 1 }, { path: '$.a' }] } }),
          { name: 'Shop!', type: 'tcp', host: 'mail.example', port: 70_000 },
          web('A', { dependsOn: ['B', 'nobody'] }),
          web('B', { dependsOn: ['A'] }),
          { name: '东京', url: 'https://tokyo.example' },
        ],
        maintenance: [
          { title: 'Backwards', from: '2026-12-02T00:00:00Z', to: '2026-12-01T00:00:00Z' },
          {
            title: 'Weekly',
            weekly: { days: ['sunday'], at: '3:00' },
            duration: '30m',
            timeZone: 'Europe/Berlun',
          },
          { title: 'Whose', monitors: ['nobody'], cron: '0 3 * * *', duration: '30m' },
        ],
        alerts: {
          rules: [
            { ...rule, signal: 'monitor_up' },
            { ...rule, id: 'b', signal: 'error_ratio', monitor: 'Shop' },
            { ...rule, id: 'monitor-shop', signal: 'error_ratio' },
          ],
        },
      }),
    )
    expect(Object.keys(mistakes)).toEqual(
      expect.arrayContaining([
        'monitors[0].interval',
        'monitors[1].expect.status[0]',
        'monitors[1].expect.json[0].path',
        'monitors[1].expect.json[1]',
        'monitors[2].port',
        'monitors[2].name',
        'monitors[3].dependsOn[0]',
        'monitors[3].dependsOn[1]',
        'monitors[4].dependsOn[0]',
        'monitors[5].name',
        'maintenance[0].to',
        'maintenance[1].weekly.at',
        'maintenance[1].timeZone',
        'maintenance[2].monitors[0]',
        'alerts.rules[0].monitor',
        'alerts.rules[1].monitor',
        'alerts.rules[2].id',
      ]),
    )
    expect(mistakes['monitors[3].dependsOn[1]']).toContain('the name or id of a monitor')
    expect(mistakes['monitors[5].name']).toContain('or an id')
  })

  it.each([
    [{ expect: { json: [{ path: '$.a[', exists: true }] } }, 'expect.json[0].path', 'a JSONPath (RFC 9535'],
    [{ expect: { json: [{ path: '$.a', matches: '(' }] } }, 'expect.json[0].matches', 'a regular expression'],
    [{ expect: { headers: [{ name: 'age', matches: '[' }] } }, 'expect.headers[0].matches', 'a regular exp'],
    [
      { expect: { json: [{ path: '$.a', matches: '(?=a)b' }] } },
      'expect.json[0].matches',
      'without look-around',
    ],
    [
      { expect: { json: [{ path: "$[?search(@.a, '(a+)+$')]", exists: true }] } },
      'expect.json[0].path',
      'without match and search',
    ],
    [{ expect: { headers: [{ name: 'a b', exists: true }] } }, 'expect.headers[0].name', 'name of a header'],
    [{ expect: { status: ['299-200'] } }, 'expect.status[0]', 'begins with the lower'],
    [{ headers: { 'X-Key': 'a\nb' } }, 'headers.X-Key', 'on one line'],
    [{ headers: { 'X Key': 'a' } }, 'headers.X Key', 'the name of a header'],
    [{ url: 'https://user:pass@shop.example' }, 'url', 'auth'],
    [{ url: 'http://192.0.2.1:8080/health' }, 'url', "Workers can't fetch an IP address"],
    [{ url: 'http://[2001:db8::1]/' }, 'url', 'a URL with a host name'],
    [{ url: 'http://0xc0000201/' }, 'url', 'a URL with a host name'], // 192.0.2.1, too
    [{ locations: ['south-america'] }, 'locations[0]', 'runs no Durable Objects in south-america'],
    [{ locations: ['us-east', 'afr'] }, 'locations[1]', 'runs no Durable Objects in afr'],
    [{ locations: ['mars'] }, 'locations[0]', 'one of "us-east", "us-west", "eu-west"'],
    [{ auth: { username: 'a:b', password: 'c' } }, 'auth.username', 'without a colon'],
    [{ method: 'HEAD', expect: { body: { contains: ['ok'] } } }, 'expect', 'nothing about the body'],
    [{ body: 'x' }, 'body', 'no body with GET'],
    [{ type: 'tcp', url: undefined, host: 'mail.example', port: 25 }, 'port', 'another port than 25'],
    [{ type: 'tcp', url: undefined, host: 'https://mail.example', port: 587 }, 'host', 'without scheme'],
    [{ type: 'tcp', url: undefined, host: 'mail.example:587', port: 587 }, 'host', 'without scheme, port'],
    [{ type: 'dns', url: undefined, host: 'mail example' }, 'host', 'a host name'],
    [{ type: 'service', url: undefined, path: '//[' }, 'path', 'starts with one /'],
    [{ type: 'service', url: undefined, path: '//elsewhere.example/' }, 'path', 'starts with one /'],
    [{ type: 'heartbeat', url: undefined, every: 1e300 }, 'every', 'at most'],
    [{ name: 'Shop\r\nand more' }, 'name', 'on one line'],
    [{ name: '\ufb03'.repeat(60) }, 'name', 'a shorter name'], // ffi, as one sign
  ])('refuses what can never be checked: %j', (more, path, expected) => {
    const { url, ...others } = web('Shop', more)
    const written = url === undefined ? others : { url, ...others }
    const mistakes = mistakesIn(() => checkConfig({ monitors: [written] }))
    expect(mistakes).toEqual({ [`monitors[0].${path}`]: expect.stringContaining(expected) })
  })

  it.each([
    { type: 'tcp', host: 'mail.example', port: 587 },
    { type: 'tcp', host: '2001:db8::1', port: 587 },
    { type: 'tcp', host: '${MAIL_HOST}', port: 587 },
    { type: 'dns', host: '_dmarc.mail.example' },
    { type: 'service', path: '/health/detailed?pretty' },
    { url: 'http://127.0.0.1:8788/health' },
    { url: 'http://[::1]:8788/health' },
    { url: 'https://${HOST}/' },
    { type: 'tcp', host: '104.16.132.229', port: 443 },
  ])('takes %j', (monitor) => {
    expect(mistakesIn(() => checkConfig({ monitors: [{ name: 'A', ...monitor }] }))).toEqual({})
  })

  it('refuses an IP address wherever the Worker fetches, also one that comes from a variable', () => {
    const url = 'https://192.0.2.1/'
    const written = {
      probes: { controlUrl: '${CONTROL_URL}' },
      monitors: [{ name: 'Name', type: 'dns' as const, host: 'shop.example', resolver: '${CONTROL_URL}' }],
      redis: { url, token: 'secret' },
      alerts: {
        receivers: [
          { name: 'pages', type: 'pagerduty' as const, routingKey: 'key', url },
          { name: 'hook', type: 'webhook' as const, url, secret: 'secret' },
        ],
      },
    }
    const pages = ['redis.url', 'alerts.receivers[0].url', 'alerts.receivers[1].url']
    expect(Object.keys(mistakesIn(() => checkConfig(written))).sort()).toEqual(pages.sort())
    const rest = { probes: written.probes, monitors: written.monitors }
    expect(Object.keys(mistakesIn(() => loadConfig(rest, { CONTROL_URL: url }))).sort()).toEqual([
      'monitors[0].resolver',
      'probes.controlUrl',
    ])
  })

  it('has a control URL outside Cloudflare, where a location without a network would reach it', () => {
    expect(loadConfig({}, {}).config.probes.controlUrl).toBe('https://www.gstatic.com/generate_204')
  })

  it('says who depends on what is not there, or on itself, also where nothing else is wrong', () => {
    const monitors = [web('Shop', { dependsOn: ['Databse', 'Shop'] }), web('Database')]
    expect(mistakesIn(() => checkConfig({ monitors }))).toEqual({
      'monitors[0].dependsOn[0]': 'the name or id of a monitor (Shop, Database)',
      'monitors[0].dependsOn[1]': 'a monitor that does not depend on this one in turn',
    })
  })

  it('names the field that was written where two monitors have one id', () => {
    const written = { monitors: [web('Shop'), web('SHOP'), web('Cart', { id: 'shop' })] }
    expect(Object.keys(mistakesIn(() => checkConfig(written)))).toEqual([
      'monitors[1].name',
      'monitors[2].id',
    ])
  })

  it('reads long chains of dependencies, each link of which is reached on many ways', () => {
    const monitors = Array.from({ length: 200 }, (_, index) =>
      web(`M ${index}`, {
        dependsOn: Array.from({ length: Math.min(index, 20) }, (_, back) => `M ${index - 1 - back}`),
      }),
    )
    expect(mistakesIn(() => checkConfig({ monitors }))).toEqual({})
    const closed = monitors.with(0, web('M 0', { dependsOn: ['M 199'] }))
    expect(mistakesIn(() => checkConfig({ monitors: closed }))).toHaveProperty(['monitors[0].dependsOn[0]'])
  })

  it('refuses a window that comes but once as a cron expression', () => {
    const window = { title: 'Once', cron: '2026-01-01T00:00:00', duration: '1h' }
    expect(mistakesIn(() => checkConfig({ maintenance: [window] }))).toHaveProperty(['maintenance[0].cron'])
  })

  it('names the types of monitors when there is no such type', () => {
    const mistakes = mistakesIn(() => checkConfig({ monitors: [{ name: 'A', type: 'htp' }] }))
    expect(mistakes).toEqual({
      'monitors[0].type': 'one of "http", "tcp", "dns", "service", "mongodb", "redis", "heartbeat"',
    })
  })
})
