import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTarget, type Target } from '../../sandbox/target/server.ts'

const TOKEN = 'token-of-the-target'
let target: Target

beforeAll(async () => {
  target = await startTarget(TOKEN)
})
afterEach(() => target.faults.set(undefined))
afterAll(() => target.close())

const get = (path: string, init: RequestInit = {}) => fetch(target.url + path, init)
const analyze = (body: unknown, token = TOKEN) =>
  get('/analyze', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })

test('it answers as the application of the documents', async () => {
  expect(await (await get('/health')).json()).toEqual({ status: 'healthy' })
  const asked = { text: 'Test ESG analysis', quick_mode: true }
  expect(await (await analyze(asked)).json()).toMatchObject({ status: 'done', quick_mode: true })
  expect((await analyze(asked, 'another')).status).toBe(401)
  expect((await analyze({})).status).toBe(422)
  expect((await get('/analyze')).status).toBe(405)
  expect((await get('/nowhere')).status).toBe(404)
})

test('a wrong body, an error and no server', async () => {
  await target.faults.set({ mode: 'wrong-body' })
  const broken = await get('/health')
  expect([broken.status, await broken.json()]).toEqual([200, { status: 'broken' }])
  await target.faults.set({ mode: 'error' })
  expect((await get('/health')).status).toBe(500)
  await target.faults.set({ mode: 'down' })
  const refused = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(target.url).port), '127.0.0.1')
    socket.once('error', (error) => resolve(String('code' in error && error.code)))
    socket.once('connect', () => resolve('connected'))
  })
  expect(refused).toBe('ECONNREFUSED')
  await target.faults.set(undefined)
  expect((await get('/health')).status).toBe(200)
})

test('redirects: so many, for ever, elsewhere', async () => {
  expect((await get('/redirects/3')).status).toBe(200)
  await expect(get('/loop')).rejects.toThrow()
  const elsewhere = await get('/redirect?to=http://a.example/&status=307', { redirect: 'manual' })
  expect([elsewhere.status, elsewhere.headers.get('Location')]).toEqual([307, 'http://a.example/'])
})

test('a gate holds answers or bodies back, and counts who waits', async () => {
  const held = get('/gates/a')
  const heldBody = await get('/gates/a/body') // its head comes at once
  const counts = await (await get('/gates/a/counts?atLeast=2')).json()
  expect(counts).toEqual({ waiting: 2, most: 2 })
  await get('/gates/a/open', { method: 'POST' })
  expect(await (await held).json()).toEqual({ status: 'done' })
  expect(await heldBody.json()).toEqual({ status: 'done' })
})

test('bodies of a size', async () => {
  expect((await (await get('/big?bytes=1000')).text()).length).toBe(1000)
})

test('DNS in JSON', async () => {
  const ask = async (name: string, type: string) => {
    const headers = { Accept: 'application/dns-json' }
    return (await get(`/dns-query?name=${name}&type=${type}`, { headers })).json()
  }
  expect(await ask('App.Example', 'A')).toMatchObject({
    Status: 0,
    Answer: [
      { type: 1, data: '192.0.2.1' },
      { type: 1, data: '192.0.2.2' },
    ],
  })
  expect(await ask('www.app.example', 'A')).toMatchObject({
    Answer: [{ type: 5, data: 'app.example.' }, { type: 1 }, { type: 1 }],
  })
  expect(await ask('nothing.example', 'A')).toMatchObject({ Status: 3 })
  expect(await ask('broken.example', 'A')).toMatchObject({ Status: 2 })
  expect((await get('/dns-query?name=app.example')).status).toBe(415)
})
