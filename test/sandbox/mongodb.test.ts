import { type Db, Decimal128, type Document, Long, MongoClient, MongoServerError, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onPath } from '../../sandbox/child-server.ts'
import { type SandboxMongodb, startMongodb } from '../../sandbox/mongodb/start.ts'

const { MONGODB_URI } = process.env
const realServer = MONGODB_URI || onPath('mongod')
const choices = realServer ? (['embedded', 'auto'] as const) : (['embedded'] as const)

/** A document with an id of its own. */
type Thing = Document & { _id: number }

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

  // The codes and words are MongoDB's: a driver decides by the code, and people search for the words.
  test.each<[string, Document, number, string]>([
    ['a field of a text', { $set: { 'text.x': 1 } }, 28, `Cannot create field 'x' in element {text: "a"}`],
    [
      'a field of null',
      { $set: { 'nothing.x.y': 1 } },
      28,
      "Cannot create field 'x' in element {nothing: null}",
    ],
    [
      'a named field of an array',
      { $set: { 'list.x': 1 } },
      28,
      "Cannot create field 'x' in element {list: [",
    ],
    ['a field of an element', { $set: { 'list.0.x': 1 } }, 28, "Cannot create field 'x' in element {0: 1}"],
    ['one more of a field of a text', { $inc: { 'text.x': 1 } }, 28, 'Cannot create field'],
    ['one more than a text', { $inc: { text: 1 } }, 14, 'Cannot apply $inc to a value of non-numeric type'],
    ['one more than null', { $inc: { nothing: 1 } }, 14, "the field 'nothing' of non-numeric type null"],
    ['a text more', { $inc: { n: '1' } }, 14, 'Cannot increment with non-numeric argument: {n: "1"}'],
    ['times a text', { $mul: { n: '1' } }, 14, 'Cannot multiply with non-numeric argument'],
    ['a text twice', { $mul: { text: 2 } }, 14, 'Cannot apply $mul to a value of non-numeric type'],
    ['bits of a text', { $bit: { text: { or: 1 } } }, 2, 'Cannot apply $bit to a value of non-integral type'],
    [
      'an element of a text',
      { $push: { text: 1 } },
      2,
      "The field 'text' must be an array but is of type string",
    ],
    [
      'an element of a set of a text',
      { $addToSet: { text: 1 } },
      2,
      'Cannot apply $addToSet to non-array field',
    ],
    ['less of a text', { $pull: { text: 1 } }, 2, 'Cannot apply $pull to a non-array value'],
    ['the end of a text', { $pop: { text: 1 } }, 14, "contains an element of non-array type 'string'"],
    [
      'one field twice',
      { $set: { n: 1 }, $inc: { n: 1 } },
      40,
      "Updating the path 'n' would create a conflict at 'n'",
    ],
    [
      'a field and its parent',
      { $set: { o: {}, 'o.x': 1 } },
      40,
      "Updating the path 'o.x' would create a conflict at 'o'",
    ],
    ['a conflict on insertion', { $set: { n: 1 }, $setOnInsert: { n: 2 } }, 40, 'would create a conflict'],
    ['a field without a name', { $set: { 'o.': 1 } }, 56, 'contains an empty field name'],
    ['no fields', { $set: 'x' }, 9, 'Modifiers operate on fields but we found type string instead'],
    ['another _id', { $set: { _id: 2 } }, 66, "would modify the immutable field '_id'"],
    ['no _id', { $unset: { _id: '' } }, 66, "would modify the immutable field '_id'"],
    ['a name for itself', { $rename: { n: 'n' } }, 2, 'The source and target field for $rename must differ'],
  ])('an update that sets %s is refused', async (_, update, code, message) => {
    const things = db.collection<Thing>('things')
    const stored = { _id: 1, text: 'a', nothing: null, list: [1, 2], n: 1, o: { x: 1 } }
    await things.insertOne(stored)
    const error = await failure(things.updateOne({ _id: 1 }, update))
    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
    expect(await things.findOne()).toEqual(stored)
  })

  test('an update takes what only looks wrong', async () => {
    const things = db.collection<Thing>('things')
    await things.insertOne({ _id: 1, text: 'a', list: [{ q: 1 }, { q: 2 }] })
    const updates: Document[] = [
      { $set: { _id: 1, 'list.1.q': 5, 'new.deep.x': 1 } },
      { $unset: { 'text.x': '' }, $pull: { 'missing.list': 1 } },
      { $set: {} },
      { $inc: { 'list.$[].q': 1 } },
      { $setOnInsert: { 'text.x': 1 } },
    ]
    for (const update of updates) await things.updateOne({ _id: 1 }, update)
    expect(await things.findOne()).toEqual({
      _id: 1,
      text: 'a',
      list: [{ q: 2 }, { q: 6 }],
      new: { deep: { x: 1 } },
    })
  })

  test('an update of several stops at the one that can not take it', async () => {
    const things = db.collection<Thing>('things')
    await things.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 'text' },
      { _id: 3, n: 1 },
    ])
    expect((await failure(things.updateMany({}, { $inc: { n: 1 } }))).code).toBe(14)
    expect((await things.find().toArray()).map(({ n }) => n)).toEqual([2, 'text', 1])
  })

  test('an upsert is refused where it contradicts its filter', async () => {
    const things = db.collection<Thing>('things')
    const upsert = (filter: Partial<Thing>, update: Document) =>
      failure(things.updateOne(filter, update, { upsert: true })).then(({ code }) => code)
    expect(await upsert({ _id: 1 }, { $set: { _id: 2 } })).toBe(66)
    expect(await upsert({ k: 'text' }, { $set: { 'k.x': 1 } })).toBe(28)
    expect(await upsert({ k: 'text' }, { $inc: { k: 1 } })).toBe(14)
    expect((await failure(things.replaceOne({ _id: 1 }, { _id: 2 }, { upsert: true }))).code).toBe(66)
    expect(await things.countDocuments()).toBe(0)
  })

  test('an _id is refused that can not be one', async () => {
    const things = db.collection<Thing>('things')
    expect((await failure(things.insertOne({ _id: [1] as never }))).code).toBe(53)
    expect((await failure(things.insertOne({ _id: /x/ as never }))).code).toBe(53)
    expect((await failure(things.insertOne({ _id: { $x: 1 } as never }))).code).toBe(52)
  })

  test('adds and averages decimals', async () => {
    const decimal = (text: string) => Decimal128.fromString(text)
    const prices = db.collection<Document>('prices')
    await prices.insertMany([
      { tier: 'a', price: decimal('0.10') },
      { tier: 'a', price: decimal('0.20') },
      { tier: 'b', price: decimal('10') },
      { tier: 'b', price: 3 },
      { tier: 'b', price: 'free' },
      { tier: 'c', price: Long.fromString('9007199254740993') },
      { tier: 'c', price: 1 },
    ])
    const field = '$price'
    const rows = await prices
      .aggregate([
        {
          $group: {
            _id: '$tier',
            sum: { $sum: field },
            avg: { $avg: field },
            count: { $sum: 1 },
          },
        },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    expect(rows).toEqual([
      { _id: 'a', sum: decimal('0.30'), avg: decimal('0.15'), count: 2 },
      { _id: 'b', sum: decimal('13'), avg: decimal('6.5'), count: 3 },
      { _id: 'c', sum: Long.fromString('9007199254740994'), avg: 4503599627370497, count: 2 },
    ])
    const [third] = await prices
      .aggregate([
        { $match: { tier: 'b' } },
        { $group: { _id: null, low: { $min: { $cond: [{ $eq: [field, 'free'] }, null, field] } } } },
      ])
      .toArray()
    expect(third).toEqual({ _id: null, low: 3 })
    await prices.updateOne({ tier: 'a' }, { $inc: { price: 1 }, $mul: { factor: decimal('2') } })
    expect(await prices.findOne({ tier: 'a' }, { projection: { _id: 0 } })).toMatchObject({
      price: decimal('1.10'),
    })
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
