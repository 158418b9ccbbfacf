import { MongoClient, type MongoServerError } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { onPath } from '../../sandbox/child-server.ts'
import { SLOW_MS } from '../../sandbox/faults.ts'
import { startEmbeddedMongodb } from '../../sandbox/mongodb/embedded-server.ts'
import { proxyTarget, type SandboxMongodb, startMongodb } from '../../sandbox/mongodb/start.ts'

const { MONGODB_URI } = process.env
const proxiable = MONGODB_URI ? !('obstacle' in proxyTarget(MONGODB_URI)) : onPath('mongod') !== undefined
const choices = proxiable ? (['embedded', 'auto'] as const) : (['embedded'] as const)

describe.each(choices)('a broken MongoDB, %s', (choice) => {
  let server: SandboxMongodb
  const clients: MongoClient[] = []

  beforeAll(async () => {
    server = await startMongodb(choice, MONGODB_URI)
  })
  afterEach(async () => {
    await server.faults?.set(undefined)
    await Promise.all(clients.splice(0).map((client) => client.close()))
  })
  afterAll(async () => server?.close())

  const connect = async (options = {}) => {
    const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 500, ...options })
    clients.push(client)
    return client
  }
  const connected = async (options = {}) => {
    const client = await connect(options)
    await client.db().command({ ping: 1 })
    return client
  }
  const ping = (client: MongoClient) => client.db().command({ ping: 1 })
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => Promise.reject(new Error('it worked')),
      (error) => error,
    )

  test('down: connections are cut and refused, until it is mended', async () => {
    const client = await connected()
    await server.faults!.set({ mode: 'down' })
    expect(server.faults!.fault).toEqual({ mode: 'down' })
    expect((await failure(ping(client))).name).toMatch(/^Mongo(Network|ServerSelection)Error$/)
    const newcomer = await failure(ping(await connect()))
    expect(newcomer.name).toBe('MongoServerSelectionError')
    expect(newcomer.message).toContain('ECONNREFUSED')
    await server.faults!.set(undefined)
    expect(await ping(client)).toMatchObject({ ok: 1 })
  })

  test('hang: nothing is answered, and the answers come when it ends', async () => {
    const client = await connected()
    const impatient = await connected({ socketTimeoutMS: 200 })
    await server.faults!.set({ mode: 'hang' })
    expect((await failure(ping(impatient))).name).toBe('MongoNetworkTimeoutError')
    expect((await failure(ping(await connect()))).name).toBe('MongoServerSelectionError')
    const waiting = ping(client)
    await server.faults!.set(undefined)
    expect(await waiting).toMatchObject({ ok: 1 })
  })

  test('error: every command is answered with an error, and a new client sees it too', async () => {
    const client = await connected()
    await server.faults!.set({ mode: 'error' })
    const errors = [await failure(ping(client)), await failure(ping(await connect()))]
    for (const error of errors as MongoServerError[]) {
      expect(error).toMatchObject({ name: 'MongoServerError', code: 1, codeName: 'InternalError' })
    }
    await server.faults!.set(undefined)
    expect(await ping(client)).toMatchObject({ ok: 1 })
  })

  test('slow: answers come late, in order', async () => {
    const client = await connected({ maxPoolSize: 1 })
    await server.faults!.set({ mode: 'slow' })
    const startedAt = performance.now()
    expect(await ping(client)).toMatchObject({ ok: 1 })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(SLOW_MS - 10)
    const late = ping(client)
    await server.faults!.set(undefined)
    expect(await late).toMatchObject({ ok: 1 })
  })
})

describe('a server of the user', () => {
  test.each([
    ['mongodb://127.0.0.1:27017', '127.0.0.1', 27017, 'mongodb://127.0.0.1:1/?directConnection=true'],
    [
      'mongodb://me:secret@db.example/app?replicaSet=rs0&w=1',
      'db.example',
      27017,
      'mongodb://me:secret@127.0.0.1:1/app?w=1&directConnection=true',
    ],
    ['mongodb://[::1]:27018/app', '::1', 27018, 'mongodb://127.0.0.1:1/app?directConnection=true'],
  ])('%s can be broken', (uri, host, port, through) => {
    const target = proxyTarget(uri)
    expect(target).toMatchObject({ host, port })
    expect('through' in target && target.through(1)).toBe(through)
  })

  test('is reached through a proxy, and broken there', async () => {
    const theirs = await startEmbeddedMongodb()
    const mongodb = await startMongodb('auto', `mongodb://127.0.0.1:${theirs.port}`)
    const client = new MongoClient(mongodb.uri, { serverSelectionTimeoutMS: 300 })
    try {
      await client.db().collection('users').insertOne({})
      expect(client.db().databaseName).toBe('edgewatch')
      await mongodb.faults!.set({ mode: 'down' })
      await expect(client.db().command({ ping: 1 })).rejects.toThrow()
    } finally {
      await client.close()
      await mongodb.close()
      await theirs.close()
    }
  })

  test.each([
    ['mongodb+srv://cluster.example/app', 'mongodb+srv'],
    ['mongodb://a.example,b.example/app', 'several'],
    ['mongodb://a.example/app?tls=true', 'TLS'],
    ['http://a.example', 'not a MongoDB URI'],
  ])('%s is used without faults, which is said', async (uri, reason) => {
    const mongodb = await startMongodb('auto', uri)
    expect(mongodb.faults).toBeUndefined()
    expect(mongodb.kind).toContain(reason)
  })

  test('gets our database where it names none', async () => {
    const names = [
      'mongodb+srv://u:p@c.example',
      'mongodb+srv://u:p@c.example/?w=1',
      'mongodb+srv://u:p@c.example/app',
    ]
    const uris = await Promise.all(names.map(async (uri) => (await startMongodb('auto', uri)).uri))
    expect(uris).toEqual([
      'mongodb+srv://u:p@c.example/edgewatch',
      'mongodb+srv://u:p@c.example/edgewatch?w=1',
      'mongodb+srv://u:p@c.example/app',
    ])
  })
})
