import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SandboxMongodb, startMongodb } from '../../sandbox/mongodb/start.ts'

let server: SandboxMongodb
beforeAll(async () => {
  server = await startMongodb('embedded', undefined)
})
afterAll(() => server.close())

const run = (env: NodeJS.ProcessEnv) =>
  promisify(execFile)(process.execPath, ['scripts/indexes.ts'], { env: { PATH: process.env.PATH, ...env } })

test('npm run indexes creates the indexes that are not there, and says so', async () => {
  const env = { MONGODB_URI: server.uri }
  const lines = [
    'user_activity: created_at, user_id',
    'users: tier',
    'framework_compliance: created_at, framework, coverage_percentage',
  ]
  expect((await run(env)).stdout).toBe(lines.map((line) => `created  ${line}\n`).join(''))
  expect((await run(env)).stdout).toBe(lines.map((line) => `exists   ${line}\n`).join(''))
  const client = await MongoClient.connect(server.uri)
  const keys = (await client.db().collection('users').indexes()).map(({ key }) => key)
  await client.close()
  expect(keys).toEqual([{ _id: 1 }, { tier: 1 }])
})

test('npm run indexes without MONGODB_URI says what it needs', async () => {
  await expect(run({})).rejects.toMatchObject({ stderr: expect.stringContaining('MONGODB_URI is not set') })
})

test.each([
  ['mongodb://ada:secret@127.0.0.1:1/db', 'MongoDB at 127.0.0.1:1: connection refused\n'],
  ['ada:secret@db', 'MONGODB_URI: invalid connection settings\n'],
])('npm run indexes says where MongoDB is not, and why, without credentials: %s', async (uri, stderr) => {
  await expect(run({ MONGODB_URI: uri })).rejects.toMatchObject({ code: 1, stdout: '', stderr })
})
