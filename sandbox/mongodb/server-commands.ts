import { statfsSync } from 'node:fs'
import os from 'node:os'
import type { Commands } from './command.ts'
import { collectionStats } from './read-commands.ts'
import { MAX_MESSAGE_BYTES } from './wire.ts'

const VERSION = '7.0.0'
/** The wire version of MongoDB 7.0. */
const MAX_WIRE_VERSION = 21
/** As many connections as the server says that it takes: few, so that alerts on their use can be tried. */
const MAX_CONNECTIONS = 200
const MIB = 2 ** 20

const hello: Commands[string] = (command, { connectionId }) => ({
  // The old name of the command has the old name of the field
  ...('hello' in command ? { isWritablePrimary: true } : { ismaster: true }),
  helloOk: true,
  maxBsonObjectSize: 16 * MIB,
  maxMessageSizeBytes: MAX_MESSAGE_BYTES,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  connectionId,
  minWireVersion: 0,
  maxWireVersion: MAX_WIRE_VERSION,
  readOnly: false,
})

const buildInfo: Commands[string] = () => ({
  version: VERSION,
  versionArray: [7, 0, 0, 0],
  gitVersion: 'embedded',
  modules: [],
  bits: 64,
  debug: false,
  maxBsonObjectSize: 16 * MIB,
})

/** Commands about the server itself. */
export const serverCommands: Commands = {
  hello,
  isMaster: hello,
  ismaster: hello,
  buildInfo,
  buildinfo: buildInfo,
  ping: () => ({}),
  endSessions: () => ({}),

  serverStatus(_command, { stats }) {
    const memory = process.memoryUsage()
    const uptimeMillis = Date.now() - stats.startedAt
    return {
      host: '127.0.0.1',
      version: VERSION,
      process: 'mongod',
      pid: process.pid,
      uptime: uptimeMillis / 1000,
      uptimeMillis,
      localTime: new Date(),
      connections: {
        current: stats.connectionsCurrent,
        available: MAX_CONNECTIONS - stats.connectionsCurrent,
        totalCreated: stats.connectionsCreated,
        active: 1,
      },
      mem: {
        bits: 64,
        resident: Math.round(memory.rss / MIB),
        virtual: Math.round((memory.rss + memory.external) / MIB),
        supported: true,
      },
      network: { bytesIn: stats.bytesIn, bytesOut: stats.bytesOut, numRequests: stats.requests },
      opcounters: { ...stats.opcounters },
    }
  },

  hostInfo: () => ({
    system: {
      currentTime: new Date(),
      hostname: '127.0.0.1',
      cpuAddrSize: 64,
      memSizeMB: Math.floor(os.totalmem() / MIB),
      memLimitMB: Math.floor(os.totalmem() / MIB),
      numCores: os.availableParallelism(),
      cpuArch: os.machine(),
      numaEnabled: false,
    },
    os: { type: os.type(), name: os.type(), version: os.release() },
    extra: {},
  }),

  dbStats(command, context) {
    const scale = Number(command.scale ?? 1)
    const scaled = (bytes: number) => bytes / scale
    const names = [...context.store.collections(context.database).keys()]
    const stats = names.map((name) => collectionStats(context, name).storageStats)
    const sum = (field: string) => stats.reduce((total, collection) => total + collection[field], 0)
    const disk = statfsSync(os.tmpdir())
    const objects = sum('count')
    return {
      db: context.database,
      collections: names.length,
      views: 0,
      objects,
      avgObjSize: objects === 0 ? 0 : sum('size') / objects,
      dataSize: scaled(sum('size')),
      storageSize: scaled(sum('storageSize')),
      indexes: sum('nindexes'),
      indexSize: scaled(sum('totalIndexSize')),
      totalSize: scaled(sum('totalSize')),
      scaleFactor: scale,
      fsUsedSize: scaled((disk.blocks - disk.bfree) * disk.bsize),
      fsTotalSize: scaled(disk.blocks * disk.bsize),
    }
  },

  collStats(command, context) {
    const { ns, storageStats } = collectionStats(context, command.collStats)
    return { ns, ...storageStats }
  },
}
