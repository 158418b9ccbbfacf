import { describe, expect, inject, it } from 'vitest'
import { checkDns } from '../../src/monitors/dns-check.ts'
import { normalRecord } from '../../src/monitors/dns-record.ts'
import { startOwnServers } from '../own-servers.ts'
import { dnsMonitor } from './configured.ts'

const RESOLVER = `${inject('vars').API_URL}/dns-query`
const tools = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  clock: Date.now,
  userAgent: 'Edgewatch/1',
}
const check = (written: Parameters<typeof dnsMonitor>[0]) =>
  checkDns(dnsMonitor({ resolver: RESOLVER, host: 'app.example', ...written }), tools)

describe('a DNS check', () => {
  it.each([
    [{}],
    [{ expect: { records: ['192.0.2.2'] } }],
    [{ record: 'AAAA', expect: { records: ['2001:0DB8:0:0::1'] } }],
    [{ record: 'MX', expect: { records: ['10 mail.app.example'] } }],
    [{ record: 'NS', expect: { records: ['NS2.app.example.', 'ns1.app.example'] } }],
    [{ record: 'TXT', expect: { records: ['v=spf1 -all', 'one, and another'] } }],
    [{ host: 'www.app.example', expect: { records: ['192.0.2.1'] } }],
    [{ host: 'www.app.example', record: 'CNAME', expect: { records: ['app.example'] } }],
  ] as const)('finds %j up', async (written) => {
    expect(await check(written as never)).toMatchObject({ outcome: 'up', latencyMs: expect.any(Number) })
  })

  it.each([
    [{ host: 'nothing.example' }, 'expected A records, got NXDOMAIN'],
    [{ host: 'broken.example' }, 'expected A records, got SERVFAIL'],
    [{ record: 'CAA' }, 'expected CAA records, got none'],
    [{ expect: { records: ['192.0.2.9'] } }, 'expected A 192.0.2.9, got 192.0.2.1, 192.0.2.2'],
    // The alias is no address.
    [{ host: 'www.app.example', expect: { records: ['app.example'] } }, 'expected A app.example, got 192'],
    [{ record: 'TXT', expect: { records: ['V=SPF1 -all'] } }, 'expected TXT V=SPF1 -all, got "v=spf1 -all"'],
  ] as const)('finds %j failed', async (written, reason) => {
    const found = await check(written as never)
    expect(found).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(reason) })
  })

  it('is slow where a good answer is late', async () => {
    let now = 0
    const late = { ...tools, clock: () => (now += 51) }
    const monitor = dnsMonitor({ resolver: RESOLVER, host: 'app.example', expect: { maxLatencyMs: 50 } })
    expect(await checkDns(monitor, late)).toMatchObject({ outcome: 'slow' })
  })

  it('knows nothing where the resolver fails', async () => {
    const { vars, breakServer } = await startOwnServers()
    const resolver = `${vars.API_URL}/dns-query`
    await breakServer('target', { mode: 'error', status: 503 })
    expect(await check({ resolver })).toMatchObject({
      outcome: 'unknown',
      reason: 'the resolver answered with status 503',
    })
    await breakServer('target', { mode: 'wrong-body' })
    expect(await check({ resolver })).toMatchObject({
      outcome: 'unknown',
      reason: 'the resolver gave an answer that is not DNS in JSON',
    })
    await breakServer('target', { mode: 'hang' })
    expect(await check({ resolver, timeout: 0.2 })).toMatchObject({
      outcome: 'unknown',
      reason: 'the resolver timed out after 0.2 s',
    })
    await breakServer('target', { mode: 'down' })
    expect(await check({ resolver })).toMatchObject({
      outcome: 'unknown',
      reason: 'the resolver gave no answer',
    })
  })
})

it.each([
  ['A', ' 192.0.2.1 ', '192.0.2.1'],
  ['AAAA', '2001:DB8:0::1', '[2001:db8::1]'],
  ['CNAME', 'App.Example.', 'app.example'],
  ['MX', '10  Mail.Example.', '10 mail.example'],
  ['CAA', '0 issue "LetsEncrypt.org"', '0 issue letsencrypt.org'],
  ['TXT', '"Say \\"hi\\"" " there"', 'Say "hi" there'],
  ['TXT', 'As it is.', 'As it is.'],
] as const)('%s %s is %s', (type, data, normal) => {
  expect(normalRecord(type, data)).toBe(normal)
})
