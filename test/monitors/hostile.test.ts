import { describe, expect, inject, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { checkDns } from '../../src/monitors/dns-check.ts'
import type { Finding } from '../../src/monitors/finding.ts'
import { checkHttp } from '../../src/monitors/http-check.ts'

// Targets that are broken in every way: a check ends in time with a finding, and never rejects.

const url = inject('vars').API_URL!
const tools = {
  fetch: (to: string, init: RequestInit) => fetch(to, init),
  clock: Date.now,
  userAgent: 'Edgewatch/1',
}

function monitorOf(monitor: NonNullable<ConfigInput['monitors']>[number]) {
  const [found] = loadConfig({ monitors: [monitor] }, {}).config.monitors
  return found!
}

async function check(how: string, more: object = {}): Promise<Finding> {
  const monitor = monitorOf({ name: 'Broken', url: `${url}/broken/${how}`, timeout: 0.3, ...more })
  if (monitor.type !== 'http') throw new Error('not http')
  return checkHttp(monitor, tools)
}

describe('a server that is broken', () => {
  it.each([
    ['half-a-head', 'timed out after 0.3 s', true],
    ['no-http', 'no connection', true],
    ['nothing', 'no connection', true],
    ['reset-in-body', 'the connection broke within the body', undefined],
    ['too-short', 'the connection broke within the body', undefined],
    ['bad-chunk', 'the connection broke within the body', undefined],
    ['bad-gzip', 'the connection broke within the body', undefined],
    ['drip', 'timed out after 0.3 s', undefined],
    ['bad-redirect', 'expected a redirect to http or https, got another', undefined],
  ])('%s is failed: %s', async (how, reason, unanswered) => {
    const found = await check(how)
    expect(found).toMatchObject({ outcome: 'failed', reason })
    expect(found.unanswered).toBe(unanswered)
  })

  it('a body that unpacks to a thousand times its size is read to 1 MiB', async () => {
    const json = [{ path: '$.a', exists: true }]
    expect(await check('bomb', { timeout: 30, expect: { json } })).toMatchObject({
      outcome: 'failed',
      reason: 'expected JSON, got a body that is cut (only 1 MiB of it is read)',
    })
  })
})

describe('a resolver that is broken', () => {
  const answering = async (answer: unknown) => {
    const monitor = monitorOf({ name: 'Name', type: 'dns', host: 'a.example', record: 'TXT' })
    if (monitor.type !== 'dns') throw new Error('not dns')
    const fetch = async () => new Response(typeof answer === 'string' ? answer : JSON.stringify(answer))
    return checkDns(monitor, { ...tools, fetch })
  }

  it.each([
    [''],
    ['\u0000\u0001'],
    [[]],
    [null],
    [{ Status: '0' }],
    [{ Status: 0, Answer: 'x' }],
    [{ Status: 0, Answer: [{ type: 'TXT', data: 1 }] }],
    [{ Status: 99 }],
    [{ Status: -1, Answer: [] }],
    ['['.repeat(60_000)],
  ])('says nothing of the name: %j', async (answer) => {
    expect(await answering(answer)).toMatchObject({ outcome: 'unknown' })
  })

  it('shows of very many and long records only a little', async () => {
    const records = Array.from({ length: 500 }, () => ({ type: 16, data: 'x'.repeat(100) }))
    const { reason } = await answering({ Status: 3, Answer: records })
    expect(reason?.length).toBeLessThanOrEqual(200)
  })
})
