import type { Document, MongoClient } from 'mongodb'
import type { DependencyDetails } from '../../health/model.ts'

/** What a server tells of itself. */
export type ServerNumbers = Omit<DependencyDetails, 'latencyMs'>

const MIB = 1024 * 1024

/**
 * Reads connections, memory and disk, one command after another, so that one socket does. Each is handed to `found`
 * as soon as it is known. A command that the server doesn't know or doesn't allow, as hosted plans do, just gives
 * no number. Never rejects.
 * @param memoryBytes the server's memory, where the deployer knows better than the server.
 */
export async function readNumbers(
  client: MongoClient,
  database: string | undefined,
  memoryBytes: number | undefined,
  found: (numbers: ServerNumbers) => void,
): Promise<void> {
  const admin = client.db('admin')
  const attempt = async (command: Promise<Document>, read: (answer: Document) => ServerNumbers) => {
    try {
      found(read(await command))
    } catch {
      // no number
    }
  }

  let residentBytes: number | undefined
  // The sections left out are the large ones.
  await attempt(
    admin.command({ serverStatus: 1, repl: 0, metrics: 0, locks: 0, wiredTiger: 0 }),
    (status) => {
      residentBytes = mebibytes(status.mem?.resident)
      return { ...connections(status), ...memory(residentBytes, memoryBytes) }
    },
  )
  await attempt(client.db(database).command({ dbStats: 1 }), disk)
  if (memoryBytes !== undefined || residentBytes === undefined) return
  await attempt(admin.command({ hostInfo: 1 }), ({ system }) =>
    // The limit is a container's; the size is the host's.
    memory(residentBytes, mebibytes(system?.memLimitMB) || mebibytes(system?.memSizeMB)),
  )
}

function connections({ connections: told }: Document): ServerNumbers {
  const current = amount(told?.current)
  const available = amount(told?.available)
  return current === undefined || available === undefined ? {} : { connections: { current, available } }
}

function memory(usedBytes: number | undefined, totalBytes: number | undefined): ServerNumbers {
  return usedBytes === undefined ? {} : { memory: { usedBytes, ...(totalBytes && { totalBytes }) } }
}

function disk({ fsUsedSize, fsTotalSize }: Document): ServerNumbers {
  const usedBytes = amount(fsUsedSize)
  const totalBytes = amount(fsTotalSize)
  return usedBytes === undefined || !totalBytes ? {} : { disk: { usedBytes, totalBytes } }
}

const amount = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined

function mebibytes(value: unknown): number | undefined {
  const mib = amount(value)
  return mib === undefined ? undefined : mib * MIB
}
