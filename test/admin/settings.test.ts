import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { settingsOf } from '../../src/admin/settings.ts'
import { describeConfig } from '../../src/config/fill.ts'
import { compileConfig, loadConfig } from '../../src/config/load.ts'

const compiled = compileConfig(written)

const shown = (config: unknown) => JSON.stringify(settingsOf(config, 'config'))

/** Every variable that the shipped configuration names. */
const NAMES = [...JSON.stringify(written).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? '')

describe('the settings', () => {
  it('are those in force, with defaults and what is switched off left out', () => {
    const settings = settingsOf(describeConfig(compiled, { MONGODB_URI: 'mongodb://x' }), 'config')
    const textOf = (path: string) => settings.find((each) => each.path === path)?.value
    expect(textOf('mongodb.uri')).toBe('${MONGODB_URI}')
    expect(textOf('mongodb.idle')).toBe('2s')
    expect(textOf('observe.slowMs')).toBe('1000')
    expect(textOf('alerts.giveUpAfter')).toBe('1d')
    expect(textOf('alerts.rules.mongodb-down.severity')).toBe('critical')
    expect(textOf('alerts.receivers')).toBe('none')
    expect(settings.some(({ path }) => path.startsWith('redis'))).toBe(false)
  })

  it('show no text of a variable', () => {
    const secret = fc.string({ minLength: 12, maxLength: 40 }).filter((text) => !/^\s*$/.test(text))
    const url = fc.webUrl({ withQueryParameters: true, size: 'small' }).map((text) => `${text}sekret`)
    const variables = fc.record(
      Object.fromEntries(NAMES.map((name) => [name, name.endsWith('URL') ? url : secret])),
    )
    fc.assert(
      fc.property(variables, (texts) => {
        const output = shown(describeConfig(compiled, texts))
        for (const name of NAMES) expect(output).not.toContain(JSON.stringify(texts[name]).slice(1, -1))
      }),
      { numRuns: 50 },
    )
  })

  it('show no secret that somebody wrote into the configuration', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{16,40}$/), (secret) => {
        const { config } = loadConfig(
          {
            mongodb: { uri: `mongodb://user:${secret}@db.test/shop` },
            redis: { url: `https://${secret}.test`, token: secret },
            errors: { dsn: `https://${secret}@sentry.test/1` },
            alerts: {
              receivers: [
                { name: 'pager', type: 'pagerduty', routingKey: secret },
                { name: 'chat', type: 'slack', webhookUrl: `https://hooks.test/${secret}` },
                { name: 'hook', type: 'webhook', url: `https://x.test/${secret}`, secret },
              ],
            },
            monitors: [
              {
                name: 'API',
                url: `https://api.test/health?key=${secret}`,
                method: 'POST',
                headers: { 'X-Anything': secret },
                auth: { username: 'kim', password: secret },
                body: { password: secret, list: [{ api_key: secret }] },
              },
            ],
          },
          {},
        )
        expect(shown(config)).not.toContain(secret)
      }),
      { numRuns: 100 },
    )
  })
})
