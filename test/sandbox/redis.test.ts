import { Redis } from '@upstash/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onPath } from '../../sandbox/child-server.ts'
import { SLOW_MS } from '../../sandbox/faults.ts'
import { createMemoryRedis } from '../../sandbox/redis/memory-redis.ts'
import { type SandboxRedis, startRedis } from '../../sandbox/redis/start.ts'

const TOKEN = 'a-token'
const choices = onPath('redis-server') ? (['memory', 'auto'] as const) : (['memory'] as const)

describe.each(choices)('Redis, %s', (choice) => {
  let server: SandboxRedis
  let redis: Redis

  beforeAll(async () => {
    server = await startRedis(choice, TOKEN)
    redis = new Redis({ url: server.url, token: TOKEN, retry: false, enableTelemetry: false })
  })
  beforeEach(async () => {
    await redis.flushdb()
  })
  afterEach(() => server.faults.set(undefined))
  afterAll(async () => server?.close())

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })

  test('sets and gets values of any kind', async () => {
    expect(await redis.ping()).toBe('PONG')
    for (const value of ['text', 'ünïcödé €', '', 0, false, { a: [1, null] }, [1, 'two'], 'OK']) {
      expect(await redis.set('key', value)).toBe('OK')
      expect(await redis.get('key')).toEqual(value)
    }
    expect(await redis.get('missing')).toBeNull()
    expect(await redis.mset({ a: 1, b: 'two' })).toBe('OK')
    expect(await redis.mget('a', 'missing', 'b')).toEqual([1, null, 'two'])
  })

  test('carries values larger than a packet', async () => {
    const value = 'é'.repeat(200_000)
    await redis.set('large', value)
    expect((await redis.get<string>('large')) === value).toBe(true)
    expect(await redis.pipeline().get<string>('large').ping().exec()).toEqual([value, 'PONG'])
  })

  test('sets under conditions and with an expiry', async () => {
    expect(await redis.set('key', 1, { ex: 100, nx: true })).toBe('OK')
    expect(await redis.set('key', 2, { nx: true })).toBeNull()
    expect(await redis.get('key')).toBe(1)
    expect(await redis.ttl('key')).toBe(100)
    expect(await redis.set('key', 3, { keepTtl: true })).toBe('OK')
    expect(await redis.ttl('key')).toBe(100)
    expect(await redis.set('key', 4, { xx: true, get: true })).toBe(3)
    expect(await redis.ttl('key')).toBe(-1)
    expect(await redis.set('other', 1, { xx: true })).toBeNull()
    expect(await redis.ttl('other')).toBe(-2)
    await redis.setex('key', 50, 'x')
    expect(await redis.pttl('key')).toBeGreaterThan(49_000)
    expect(await redis.persist('key')).toBe(1)
    expect(await redis.pexpire('key', 90_000)).toBe(1)
    expect(await redis.ttl('key')).toBe(90)
    expect(await redis.expire('key', -1)).toBe(1)
    expect(await redis.exists('key')).toBe(0)
  })

  test('deletes, counts and finds keys', async () => {
    await redis.mset({ 'user:1': 'a', 'user:2': 'b', 'order:1': 'c' })
    expect(await redis.dbsize()).toBe(3)
    expect(await redis.exists('user:1', 'user:9', 'user:1')).toBe(2)
    expect((await redis.keys('user:*')).sort()).toEqual(['user:1', 'user:2'])
    expect(await redis.keys('?ser:[12]')).toHaveLength(2)
    expect(await redis.keys('user:[^1]')).toEqual(['user:2'])
    expect(await redis.type('user:1')).toBe('string')
    expect(await redis.type('none')).toBe('none')
    expect(await redis.del('user:1', 'none')).toBe(1)
    expect(await redis.dbsize()).toBe(2)
    expect(await redis.flushall()).toBe('OK')
    expect(await redis.dbsize()).toBe(0)
  })

  test('scans', async () => {
    const keys = Array.from({ length: 35 }, (_, i) => `k:${i}`)
    await redis.mset(Object.fromEntries([...keys, 'other'].map((key) => [key, 1])))
    const seen = new Set<string>()
    let cursor = '0'
    do {
      const [next, page] = await redis.scan(cursor, { match: 'k:*', count: 10 })
      for (const key of page) seen.add(key)
      cursor = next
    } while (cursor !== '0')
    expect([...seen].sort()).toEqual([...keys].sort())
  })

  test('counts', async () => {
    expect(await redis.incr('n')).toBe(1)
    expect(await redis.incrby('n', 10)).toBe(11)
    expect(await redis.decr('n')).toBe(10)
    await redis.set('text', 'x')
    await expect(redis.incr('text')).rejects.toThrow('ERR value is not an integer or out of range')
  })

  test('keeps hashes', async () => {
    expect(await redis.hset('h', { a: 1, b: { c: 2 } })).toBe(2)
    expect(await redis.hset('h', { a: 3 })).toBe(0)
    expect(await redis.hget('h', 'a')).toBe(3)
    expect(await redis.hgetall('h')).toEqual({ a: 3, b: { c: 2 } })
    expect(await redis.type('h')).toBe('hash')
    expect(await redis.hdel('h', 'a', 'b', 'x')).toBe(2)
    expect(await redis.exists('h')).toBe(0)
    await redis.hset('h', { a: 1 })
    await expect(redis.get('h')).rejects.toThrow('WRONGTYPE')
  })

  test('tells memory, clients and server', async () => {
    const text = await redis.exec<string>(['INFO'])
    expect(text).toMatch(/used_memory:\d+\r\n/)
    expect(text).toMatch(/maxmemory:\d+\r\n/)
    expect(text).toMatch(/connected_clients:\d+\r\n/)
    expect(text).toMatch(/redis_version:[\d.]+\r\n/)
    const memory = await redis.exec<string>(['INFO', 'memory'])
    expect(memory).toContain('# Memory')
    expect(memory).not.toContain('# Server')
  })

  test('pipelines, each command with its own outcome', async () => {
    const answers = await redis.pipeline().set('a', 5).get<number>('a').incr('a').exec()
    expect(answers).toEqual(['OK', 5, 6])
    const mixed = await redis.pipeline().set('t', 'x').incr('t').get('t').exec({ keepErrors: true })
    expect(mixed.map(({ error, result }) => error ?? result)).toEqual([
      'OK',
      expect.stringContaining('ERR value is not an integer'),
      'x',
    ])
  })

  test('transactions are all or nothing when a command is malformed', async () => {
    expect(await redis.multi().set('a', 1).incr('a').exec()).toEqual(['OK', 2])
    const refused = await post('/multi-exec', [['SET', 'a', '9'], ['NOSUCH']])
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: expect.stringContaining('EXECABORT') })
    expect(await redis.get('a')).toBe(2)
  })

  test('answers mistakes as Redis does', async () => {
    await expect(redis.exec(['NOSUCH', 'a', 'b'])).rejects.toThrow(
      "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ",
    )
    await expect(redis.exec(['GET'])).rejects.toThrow("ERR wrong number of arguments for 'get' command")
    await expect(redis.exec(['SET', 'a', '1', 'EX', '0'])).rejects.toThrow(
      "ERR invalid expire time in 'set' command",
    )
    await expect(redis.exec(['SET', 'a', '1', 'SOON'])).rejects.toThrow('ERR syntax error')
    await expect(redis.eval('nonsense(', [], [])).rejects.toThrow('ERR')
  })

  test('answers in plain text or base64', async () => {
    await redis.set('k', 'é')
    expect(await (await post('/', ['GET', 'k'])).json()).toEqual({ result: 'é' })
    const encoded = await post('/', ['GET', 'k'], { 'Upstash-Encoding': 'base64' })
    expect(await encoded.json()).toEqual({ result: 'w6k=' })
    const ok = await post('/', ['SET', 'k', '1'], { 'Upstash-Encoding': 'base64' })
    expect(await ok.json()).toEqual({ result: 'OK' })
  })

  test('refuses strangers and nonsense', async () => {
    const stranger = await post('/', ['PING'], { Authorization: 'Bearer wrong' })
    expect(stranger.status).toBe(401)
    expect(await stranger.json()).toEqual({ error: 'WRONGPASS invalid or missing auth token' })
    for (const body of ['nonsense', '{}', '[]', '[["GET"]]']) expect((await post('/', body)).status).toBe(400)
    expect((await post('/pipeline', ['GET', 'a'])).status).toBe(400)
    expect((await post('/nowhere', [])).status).toBe(404)
  })

  test('can be broken in every way, and mended', async () => {
    await redis.set('a', 1)
    await server.faults.set({ mode: 'down' })
    await expect(redis.get('a')).rejects.toThrow('fetch failed')
    await server.faults.set({ mode: 'error' })
    await expect(redis.get('a')).rejects.toThrow('broken on purpose')
    await server.faults.set({ mode: 'hang' })
    const hung = fetch(server.url, { method: 'POST', signal: AbortSignal.timeout(200) })
    await expect(hung).rejects.toThrow('timeout')
    await server.faults.set({ mode: 'slow' })
    const startedAt = performance.now()
    expect(await redis.get('a')).toBe(1)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(SLOW_MS - 10)
    await server.faults.set(undefined)
    expect(await redis.get('a')).toBe(1)
  })
})

test('the Redis in memory lets keys expire by its clock', async () => {
  let now = 1_000_000
  const redis = createMemoryRedis(() => now)
  await redis.run([
    ['SET', 'a', '1', 'PX', '500'],
    ['SET', 'b', '1'],
    ['EXPIRE', 'b', '2'],
  ])
  now += 499
  expect(await redis.run([['GET', 'a'], ['PTTL', 'a'], ['DBSIZE']])).toEqual(['1', 1, 2])
  now += 1
  expect(
    await redis.run([
      ['GET', 'a'],
      ['EXISTS', 'a'],
      ['TTL', 'b'],
      ['KEYS', '*'],
    ]),
  ).toEqual([null, 0, 2, ['b']])
  now += 2_000
  expect(await redis.run([['SET', 'b', '2', 'NX']])).toEqual(['OK'])
})
