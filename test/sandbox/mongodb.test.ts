import { type Db, Long, MongoClient, MongoServerError, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onPath } from '../../sandbox/child-server.ts'
import { type SandboxMongodb, startMongodb } from '../../sandbox/mongodb/start.ts'

const { MONGODB_URI } = process.env
const realServer = MONGODB_URI || onPath('mongod')
const choices = realServer ? (['embedded', 'auto'] as const) : (['embedded'] as const)

describe.each(choices)('MongoDB, %s', (choice) => {
  let server: SandboxMongodb
  let client: MongoClient
  let db: Db

  beforeAll(async () => {
    server = await startMongodb(choice, MONGODB_URI)
    client = await MongoClient.connect(server.uri, { serverSelectionTimeoutMS: 2_000 })
  })
  beforeEach(async () => {
    db = client.db(`edgewatch_test_${new ObjectId().toHexString()}`)
  })
  afterAll(async () => {
    await client?.close()
    await server?.close()
  })

  /** The error that the server gives. */
  const failure = async (work: Promise<unknown>): Promise<MongoServerError> => {
    const error = await work.then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(MongoServerError)
    return error
  }

  test('says what it is', async () => {
    const admin = db.admin()
    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 })
    expect((await admin.buildInfo()).version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(await db.command({ hello: 1 })).toMatchObject({
      isWritablePrimary: true,
      maxWireVersion: expect.any(Number),
    })
    expect(await db.command({ isMaster: 1 })).toMatchObject({ ismaster: true })
    const status = await admin.serverStatus()
    expect(status.connections.current).toBeGreaterThan(0)
    expect(status.connections.available).toBeGreaterThan(0)
    expect(status.mem.resident).toBeGreaterThan(0)
    expect(status.uptime).toBeGreaterThanOrEqual(0)
    expect(status.opcounters).toMatchObject({ insert: expect.any(Number), command: expect.any(Number) })
    const host = await admin.command({ hostInfo: 1 })
    expect(host.system.memSizeMB).toBeGreaterThan(0)
  })

  test('counts connections', async () => {
    const current = async () => (await db.admin().serverStatus()).connections.current
    const before = await current()
    const other = await MongoClient.connect(server.uri)
    await other.db().command({ ping: 1 })
    expect(await current()).toBeGreaterThan(before)
    await other.close()
  })

  test('an unknown command is code 59', async () => {
    const error = await failure(db.command({ makeCoffee: 1 }))
    expect(error).toMatchObject({
      code: 59,
      codeName: 'CommandNotFound',
      message: "no such command: 'makeCoffee'",
    })
    expect((await failure(db.command({ constructor: 1 }))).code).toBe(59)
  })

  test('inserts and finds, with filter, sort, skip, limit and projection', async () => {
    const users = db.collection('users')
    const inserted = await users.insertMany([
      { name: 'Ada', age: 36, tags: ['math', 'code'], address: { city: 'London' } },
      { name: 'Grace', age: 85, tags: ['code', 'navy'], born: new Date('1906-12-09') },
      { name: 'Alan', age: 41, tags: [], nothing: null },
    ])
    expect(inserted.insertedCount).toBe(3)
    const names = async (filter: object) =>
      (await users.find(filter).sort({ name: 1 }).toArray()).map((u) => u.name)
    expect(await names({})).toEqual(['Ada', 'Alan', 'Grace'])
    expect(await names({ age: { $gt: 40 } })).toEqual(['Alan', 'Grace'])
    expect(await names({ tags: 'code' })).toEqual(['Ada', 'Grace'])
    expect(await names({ 'address.city': 'London' })).toEqual(['Ada'])
    expect(await names({ $or: [{ name: /^al/i }, { born: { $lt: new Date('1950-01-01') } }] })).toEqual([
      'Alan',
      'Grace',
    ])
    expect(await names({ born: { $exists: false } })).toEqual(['Ada', 'Alan'])
    expect(await names({ _id: inserted.insertedIds[1] })).toEqual(['Grace'])
    expect(await names({ _id: { $in: [inserted.insertedIds[0], new ObjectId()] } })).toEqual(['Ada'])

    const page = await users
      .find({}, { projection: { _id: 0, name: 1 } })
      .sort({ age: -1 })
      .skip(1)
      .limit(1)
      .toArray()
    expect(page).toEqual([{ name: 'Alan' }])
    expect(
      await users
        .find({}, { projection: { tags: 0, _id: 0, age: 0 } })
        .sort({ age: 1 })
        .limit(1)
        .toArray(),
    ).toEqual([{ name: 'Ada', address: { city: 'London' } }])
    expect(await users.findOne({ name: 'Nobody' })).toBeNull()
    expect(await db.collection('none').find({}, { maxTimeMS: 100 }).toArray()).toEqual([])
  })

  test('gives back the types that were stored', async () => {
    const things = db.collection('things')
    const stored = {
      _id: new ObjectId(),
      when: new Date(1234567890),
      big: Long.fromString('9007199254740993'),
      half: 0.5,
      negative: -7,
      text: 'ünïcödé',
      nothing: null,
      deep: { list: [1, { two: 2 }] },
    }
    await things.insertOne(stored)
    expect(await things.findOne({ _id: stored._id })).toEqual(stored)
  })

  test('fetches cursors in batches', async () => {
    const numbers = db.collection<{ _id: number }>('numbers')
    await numbers.insertMany(Array.from({ length: 2_500 }, (_, i) => ({ _id: i })))
    const cursor = numbers.find({}, { batchSize: 100 }).sort({ _id: 1 })
    await cursor.next()
    expect(cursor.id?.isZero()).toBe(false)
    expect(cursor.bufferedCount()).toBe(99)
    expect((await cursor.toArray()).map((document) => document._id)).toEqual(
      Array.from({ length: 2_499 }, (_, i) => i + 1),
    )
    expect(await numbers.find().toArray()).toHaveLength(2_500)

    const closed = numbers.find({}, { batchSize: 10 })
    await closed.next()
    const id = closed.id
    await closed.close() // sends killCursors
    expect(await failure(db.command({ getMore: id, collection: 'numbers' }))).toMatchObject({
      code: 43,
      codeName: 'CursorNotFound',
    })
    const single = await db.command({ find: 'numbers', batchSize: 5, singleBatch: true })
    expect(single.cursor.firstBatch).toHaveLength(5)
    expect(single.cursor.id.toString()).toBe('0')
  })

  test('updates', async () => {
    const users = db.collection<{ _id: string; n?: number; list?: number[]; label?: string }>('users')
    await users.insertMany([
      { _id: 'a', n: 1 },
      { _id: 'b', n: 1 },
      { _id: 'c', n: 5 },
    ])
    expect(await users.updateOne({ _id: 'a' }, { $inc: { n: 2 }, $set: { label: 'x' } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
    })
    expect(await users.findOne({ _id: 'a' })).toEqual({ _id: 'a', n: 3, label: 'x' })
    expect(await users.updateMany({ n: { $gte: 1 } }, { $push: { list: 7 } })).toMatchObject({
      modifiedCount: 3,
    })
    expect(await users.updateOne({ _id: 'a' }, { $set: { label: 'x' } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    })
    expect(await users.replaceOne({ _id: 'b' }, { n: 9 })).toMatchObject({ modifiedCount: 1 })
    expect(await users.findOne({ _id: 'b' })).toEqual({ _id: 'b', n: 9 })
    await users.updateOne({ _id: 'b' }, [{ $set: { n: { $add: ['$n', 1] } } }])
    expect(await users.findOne({ _id: 'b' })).toEqual({ _id: 'b', n: 10 })
    await users.updateMany({}, { $unset: { list: '' } })
    expect(await users.countDocuments({ list: { $exists: true } })).toBe(0)
    expect((await failure(users.updateOne({ _id: 'a' }, { $set: { _id: 'z' } }))).code).toBe(66)
    expect((await failure(users.updateOne({ _id: 'a' }, { $foo: { n: 1 } } as object))).code).toBe(9)
  })

  test('upserts', async () => {
    const counters = db.collection<{ _id: string; n: number; made?: string }>('counters')
    const update = { $inc: { n: 1 }, $setOnInsert: { made: 'now' } }
    expect(await counters.updateOne({ _id: 'hits' }, update, { upsert: true })).toMatchObject({
      upsertedCount: 1,
      upsertedId: 'hits',
      matchedCount: 0,
    })
    expect(await counters.updateOne({ _id: 'hits' }, update, { upsert: true })).toMatchObject({
      matchedCount: 1,
      upsertedCount: 0,
    })
    expect(await counters.findOne()).toEqual({ _id: 'hits', n: 2, made: 'now' })
    const replaced = await counters.replaceOne({ n: 100 }, { n: 100 }, { upsert: true })
    expect(replaced.upsertedId).toBeInstanceOf(ObjectId)
    const found = await counters.findOneAndUpdate(
      { _id: 'hits' },
      { $inc: { n: 1 } },
      { returnDocument: 'after' },
    )
    expect(found).toMatchObject({ n: 3 })
    expect(await counters.findOneAndDelete({ _id: 'hits' })).toMatchObject({ n: 3 })
    expect(await counters.findOneAndDelete({ _id: 'hits' })).toBeNull()
  })

  test('deletes', async () => {
    const numbers = db.collection<{ _id: number }>('numbers')
    await numbers.insertMany([1, 2, 3, 4].map((_id) => ({ _id })))
    expect(await numbers.deleteOne({ _id: { $gt: 1 } })).toMatchObject({ deletedCount: 1 })
    expect(await numbers.deleteMany({ _id: { $gt: 1 } })).toMatchObject({ deletedCount: 2 })
    expect(await numbers.find().toArray()).toEqual([{ _id: 1 }])
  })

  test('counts and lists distinct values', async () => {
    const users = db.collection('users')
    await users.insertMany([
      { tier: 'free' },
      { tier: 'growth', tags: ['a', 'b'] },
      { tier: 'growth', tags: ['b'] },
    ])
    expect(await users.estimatedDocumentCount()).toBe(3)
    expect(await users.countDocuments({ tier: 'growth' })).toBe(2)
    expect(await users.countDocuments({}, { limit: 2 })).toBe(2)
    expect((await db.command({ count: 'users', query: { tier: 'growth' }, skip: 1 })).n).toBe(1)
    expect((await users.distinct('tier')).sort()).toEqual(['free', 'growth'])
    expect((await users.distinct('tags', { tier: 'growth' })).sort()).toEqual(['a', 'b'])
    expect(await db.collection('none').estimatedDocumentCount()).toBe(0)
  })

  test('aggregates', async () => {
    const activity = db.collection('user_activity')
    const day = (n: number) => new Date(Date.UTC(2026, 0, n, 12))
    await activity.insertMany([
      { user_id: 1, created_at: day(1) },
      { user_id: 1, created_at: day(1) },
      { user_id: 2, created_at: day(1) },
      { user_id: 2, created_at: day(2) },
    ])
    await db.collection('users').insertMany([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Grace' },
    ])
    const daily = await activity
      .aggregate([
        { $match: { created_at: { $gte: day(1) } } },
        {
          $group: {
            _id: { $dateToString: { date: '$created_at', format: '%Y-%m-%d' } },
            users: { $addToSet: '$user_id' },
          },
        },
        { $project: { _id: 0, date: '$_id', dau: { $size: '$users' } } },
        { $sort: { date: 1 } },
      ])
      .toArray()
    expect(daily).toEqual([
      { date: '2026-01-01', dau: 2 },
      { date: '2026-01-02', dau: 1 },
    ])
    const joined = await activity
      .aggregate([
        { $group: { _id: '$user_id', visits: { $sum: 1 } } },
        { $lookup: { from: 'users', localField: '_id', foreignField: 'id', as: 'user' } },
        { $unwind: '$user' },
        { $sort: { visits: -1, _id: 1 } },
        { $project: { _id: 0, name: '$user.name', visits: 1 } },
      ])
      .toArray()
    expect(joined).toEqual([
      { visits: 2, name: 'Ada' },
      { visits: 2, name: 'Grace' },
    ])
    const batched = await activity.aggregate([{ $sort: { created_at: 1 } }], { batchSize: 1 }).toArray()
    expect(batched).toHaveLength(4)
    expect((await failure(activity.aggregate([{ $nonsense: {} }]).toArray())).code).toBe(40324)
    expect((await failure(activity.find({ user_id: { $nonsense: 1 } }).toArray())).code).toBe(2)
  })

  test('lists, makes and drops collections and databases', async () => {
    await db.createCollection('empty')
    await db.collection('full').insertOne({})
    expect((await db.listCollections({}, { nameOnly: true }).toArray()).map((c) => c.name).sort()).toEqual([
      'empty',
      'full',
    ])
    expect(await db.listCollections({ name: 'full' }).toArray()).toMatchObject([
      { name: 'full', type: 'collection' },
    ])
    expect((await failure(db.createCollection('empty'))).code).toBe(48)
    expect((await db.admin().listDatabases()).databases.map((d) => d.name)).toContain(db.databaseName)
    await db.collection('full').drop()
    expect((await db.collections()).map((c) => c.collectionName)).toEqual(['empty'])
    await db.dropDatabase()
    expect(await db.collections()).toEqual([])
  })

  test('enforces unique indexes', async () => {
    const users = db.collection('users')
    await users.insertOne({ email: 'a@example.com' })
    expect(await users.createIndex({ email: 1 }, { unique: true })).toBe('email_1')
    expect(await users.createIndex({ email: 1 }, { unique: true })).toBe('email_1')
    expect((await users.indexes()).map((index) => index.name)).toEqual(['_id_', 'email_1'])
    const error = await failure(users.insertOne({ email: 'a@example.com' }))
    expect(error.code).toBe(11000)
    expect(error.message).toContain('E11000 duplicate key error collection')
    expect(error.keyValue).toEqual({ email: 'a@example.com' })

    const bulk = await failure(
      users.insertMany([{ email: 'b@example.com' }, { email: 'a@example.com' }, { email: 'c@example.com' }], {
        ordered: false,
      }),
    )
    expect(bulk).toMatchObject({ code: 11000, insertedCount: 2 })
    await failure(users.updateOne({ email: 'b@example.com' }, { $set: { email: 'a@example.com' } }))
    expect(await users.countDocuments({ email: 'b@example.com' })).toBe(1)
    await failure(users.insertOne({ email: 'b@example.com' })) // still taken after the update that failed
    await users.deleteOne({ email: 'a@example.com' })
    await users.insertOne({ email: 'a@example.com' })

    const same = await users.findOne({ email: 'a@example.com' })
    expect((await failure(users.insertOne({ _id: same!._id, email: 'd@example.com' }))).code).toBe(11000)
    await users.insertOne({ other: 1 })
    expect((await failure(users.insertOne({ other: 2 }))).code).toBe(11000) // no email twice
    expect((await failure(users.createIndex({ missing: 1 }, { unique: true }))).code).toBe(11000)
  })

  test('tells sizes', async () => {
    await db.collection('users').insertMany([{ n: 1 }, { n: 2 }])
    const stats = await db.stats()
    expect(stats).toMatchObject({ db: db.databaseName, collections: 1, objects: 2 })
    expect(stats.dataSize).toBeGreaterThan(0)
    expect(stats.storageSize).toBeGreaterThan(0)
    expect(stats.fsTotalSize).toBeGreaterThan(stats.fsUsedSize)
    expect(await db.command({ collStats: 'users' })).toMatchObject({
      ns: `${db.databaseName}.users`,
      count: 2,
    })
    const [stage] = await db
      .collection('users')
      .aggregate([{ $collStats: { count: {}, storageStats: {} } }])
      .toArray()
    expect(stage).toMatchObject({ count: 2, storageStats: { count: 2 } })
  })

  test('an unacknowledged write gets no answer and is done', async () => {
    const events = db.collection('events')
    await events.insertOne({ n: 1 }, { writeConcern: { w: 0 } })
    await expect.poll(() => events.countDocuments()).toBe(1)
  })
})
