import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startWrangler } from '../../sandbox/dev/wrangler.ts'
import { freePort } from '../../sandbox/listen.ts'
import { startServers } from '../../sandbox/servers.ts'

/** What the service used while it did something. */
export interface Usage {
  /** Calls to Durable Objects, their alarms included, by `Object.method`. */
  readonly calls: Readonly<Record<string, number>>
  /** How long each object was at work, in milliseconds. */
  readonly activeMs: Readonly<Record<string, number>>
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** What to do, how often, and how long to wait each time; the clock is the bench's. */
interface Work {
  readonly cron?: boolean
  readonly paths?: readonly string[]
  readonly everyMs: number
  readonly times: number
}

/** The service with all its integrations, and the shipped rules. */
export interface CountedService {
  run(work: Work): Promise<Usage>
  stop(): Promise<void>
}

/** Starts it, and MongoDB, Redis and the inbox. */
export async function startCountedService(): Promise<CountedService> {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-bench-'))
  const servers = await startServers()
  const port = await freePort()
  const wrangler = startWrangler({
    script: 'bench/cost/worker.ts',
    port,
    stateDir,
    vars: { ...servers.vars, LOG_LEVEL: 'error' },
    print: (line) => console.error(line),
  })
  const stop = async () => {
    await wrangler.stop()
    await servers.close()
    rmSync(stateDir, { recursive: true, force: true })
  }
  try {
    await wrangler.ready
  } catch (error) {
    await stop()
    throw error
  }
  return {
    stop,
    async run({ cron, paths = [], everyMs, times }) {
      const query = new URLSearchParams({ everyMs: String(everyMs), times: String(times) })
      if (cron) query.set('cron', '1')
      for (const each of paths) query.append('path', each)
      const response = await fetch(`http://127.0.0.1:${port}/bench?${query}`, {
        signal: AbortSignal.timeout(120_000),
      })
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
      return (await response.json()) as Usage
    },
  }
}
