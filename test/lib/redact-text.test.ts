import { describe, expect, it } from 'vitest'
import { kindOfName, redactQuery, redactText } from '../../src/lib/redact-text.ts'

describe('a secret name', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'passwd',
    'clientSecret',
    'access_token',
    'Authorization',
    'Set-Cookie',
    'cookie',
    'api_key',
    'X-API-Key',
    'apiKey',
    'SENTRY_DSN',
    'dsn',
    'sentryDsn',
    'connectionString',
    'connection string',
    'slackWebhookUrl',
    'routing_key',
    'credentials',
    'private-key',
    'pwd',
  ])('%s', (name) => expect(kindOfName(name)).toBe('secret'))

  it.each([
    'path',
    'route',
    'words_number',
    'cache_key',
    'author',
    'passed',
    'key',
    'compass',
    'duration_ms',
  ])('not %s', (name) => expect(kindOfName(name)).toBe('other'))
})

describe('a text', () => {
  it.each([
    ['mongodb://user:hunter2@db.example.com/x', 'mongodb://[redacted]@db.example.com/x'],
    ['mongodb+srv://u:p/w?@x@host/db failed', 'mongodb+srv://[redacted]@host/db failed'],
    [
      'to https://u:hunter2@a.example/p and redis://:pw@b',
      'to https://[redacted]@a.example/p and redis://[redacted]@b',
    ],
    ['at file:///x/node_modules/@hono/a.js:1:2', 'at file:///x/node_modules/@hono/a.js:1:2'],
    ['https://npmjs.com/@scope/pkg', 'https://npmjs.com/@scope/pkg'],
    ['GET /a?b=hunter2&c=x#d', 'GET /a?b=[redacted]&c=[redacted]#d'],
    ['Bearer abc.def', 'Bearer [redacted]'],
    ['sent BASIC dXNlcg==', 'sent BASIC [redacted]'],
    ['Authorization: Digest a="b", c="d"', 'Authorization: [redacted]'],
    ['Cookie: a=b; c=d\nHost: x', 'Cookie: [redacted]\nHost: x'],
    ['{"password":"a b","user":"x"}', '{"password":[redacted],"user":"x"}'],
    ['{\\"api_key\\":\\"a b\\"}', '{\\"api_key\\":[redacted]}'],
    ['password=hunter2 user=x', 'password=[redacted] user=x'],
    ["token = 'a b' next", 'token = [redacted] next'],
    ['https://hooks.slack.com/services/T0/B0/xyz', 'https://hooks.slack.com/services/[redacted]'],
    ['got eyJhbGciOi.eyJzdWIi.c2ln', 'got [redacted]'],
    ['nothing here: 12 of 20', 'nothing here: 12 of 20'],
  ])('%s', (text, expected) => expect(redactText(text)).toBe(expected))

  it.each([
    ['://', 20_000],
    ['x://', 16_000],
    ['a?', 32_000],
    ['eyJ-', 16_000],
    ['token=', 10_000],
    ['bearer ', 9_000],
    ['cookie:', 9_000],
    ['password"', 7_000],
    ['?&a', 20_000],
  ])('of many %j takes no long', (part, times) => {
    redactText(part.repeat(times)) // a quadratic pattern would run into the test's timeout
  })
})

describe('a query string', () => {
  it.each([
    ['', ''],
    ['?', '?'],
    ['?a=1&b=&c', '?a=[redacted]&b=[redacted]&c'],
    ['a=1=2', 'a=[redacted]'],
  ])('%j keeps its names', (query, expected) => expect(redactQuery(query)).toBe(expected))
})
