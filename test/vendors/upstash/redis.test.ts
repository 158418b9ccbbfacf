import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { UpstashCacheStore, UpstashProbe } from '../../../src/vendors/upstash/redis.ts'
import { startOwnServers } from '../../own-servers.ts'

const servers = await startOwnServers()
const url = new Secret(servers.vars.UPSTASH_REDIS_REST_URL ?? '')
const token = new Secret(servers.vars.UPSTASH_REDIS_REST_TOKEN ?? '')
const SHORT_MS = 200

afterEach(() => servers.mendServer('redis'))

async function redis(...command: (string | number)[]): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token.reveal()}` }
  const response = await fetch(url.reveal(), { method: 'POST', headers, body: JSON.stringify(command) })
  return ((await response.json()) as { result: unknown }).result
}

const FAULTS = [
  ['down', 'no connection'],
  ['hang', 'timed out'],
  ['error', 'server error'],
] as const

describe('the store of the cache', () => {
  const store = new UpstashCacheStore({ url, token })

  it('keeps a text for a time, and forgets it', async () => {
    expect(await store.get('a')).toEqual({ ok: true, value: undefined })
    expect(await store.set('a', '"ünï 😀"', 60)).toEqual({ ok: true, value: undefined })
    expect(await store.get('a')).toEqual({ ok: true, value: '"ünï 😀"' })
    expect(await redis('TTL', 'a')).toBe(60)
    expect(await store.delete('a')).toEqual({ ok: true, value: undefined })
    expect(await store.get('a')).toEqual({ ok: true, value: undefined })
  })

  it.each(['0', '""', 'null', 'false', '12345678901234567890', '[1]', 'OK'])(
    'gives %s back as it was',
    async (text) => {
      await store.set('b', text, 60)
      expect(await store.get('b')).toEqual({ ok: true, value: text })
    },
  )

  it('tells a wrong type by its code', async () => {
    await redis('HSET', 'hash', 'field', 1)
    expect(await store.get('hash')).toEqual({
      ok: false,
      error: { message: 'server error (WRONGTYPE)', retryable: false },
    })
  })

  it.each(FAULTS)('fails in words of ours when Redis is broken: %s', async (mode, message) => {
    const short = new UpstashCacheStore({ url, token, timeoutMs: SHORT_MS })
    await servers.breakServer('redis', { mode })
    const failed = { ok: false, error: { message, retryable: true } }
    expect(await short.get('a')).toEqual(failed)
    expect(await short.set('a', '1', 60)).toEqual(failed)
    expect(await short.delete('a')).toEqual(failed)
  })
})

describe('a probe', () => {
  const probe = new UpstashProbe({ url, token, clock: systemClock, timeoutMs: SHORT_MS })

  it('tells latency and memory', async () => {
    expect(await probe.probe()).toEqual({
      state: 'up',
      details: {
        latencyMs: expect.any(Number),
        memory: { usedBytes: expect.toSatisfy((bytes: number) => bytes > 100_000) },
      },
    })
  })

  it('takes the memory that the config gives for the whole', async () => {
    const known = new UpstashProbe({ url, token, clock: systemClock, memoryBytes: 5_000_000 })
    expect(await known.probe()).toMatchObject({ details: { memory: { totalBytes: 5_000_000 } } })
  })

  it.each(FAULTS)('of a Redis that is broken (%s) says why, and recovers', async (mode, message) => {
    await servers.breakServer('redis', { mode })
    expect(await probe.probe()).toEqual({ state: 'down', message })
    await servers.mendServer('redis')
    expect(await probe.probe()).toMatchObject({ state: 'up' })
  })

  it('of a slow Redis tells how slow it is', async () => {
    await servers.breakServer('redis', { mode: 'slow' })
    const patient = new UpstashProbe({ url, token, clock: systemClock, timeoutMs: 1_800 })
    expect(await patient.probe()).toMatchObject({
      state: 'up',
      details: { latencyMs: expect.toSatisfy((ms: number) => ms >= 1_000) },
    })
  })

  it('with a wrong token says so', async () => {
    const wrong = new UpstashProbe({ url, token: new Secret('wrong'), clock: systemClock })
    expect(await wrong.probe()).toEqual({ state: 'down', message: 'authentication failed' })
  })

  it('of a URL that is none says so', async () => {
    const wrong = new UpstashProbe({ url: new Secret('http://#'), token, clock: systemClock })
    expect(await wrong.probe()).toEqual({ state: 'down', message: 'invalid connection settings' })
  })

  it('of something that is no Redis says so', async () => {
    const page = new UpstashProbe({ url: new Secret(`${servers.inboxUrl}/`), token, clock: systemClock })
    expect(await page.probe()).toMatchObject({ state: 'down' })
  })
})
