import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startWrangler } from '../../sandbox/dev/wrangler.ts'
import { freePort } from '../../sandbox/listen.ts'
import { startServers } from '../../sandbox/servers.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { bundle } from '../workerd.ts'

/** What the service used while it did something. */
export interface Usage {
  /** Calls to Durable Objects, their alarms included, by `Object.method`. */
  readonly calls: Readonly<Record<string, number>>
  /** How long each class of objects was at work, in milliseconds. */
  readonly activeMs: Readonly<Record<string, number>>
  /** How long runs of the monitors would have waited for the turn of their last shard, in milliseconds. */
  readonly sleptMs: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly logLines: number
  /** Without what Cloudflare adds. */
  readonly logBytes: number
  /** That runs of the monitors alone made. */
  readonly checks: number
}

/** How an object that the bench evicts ends; see the worker. */
const EVICTION = 'evicted by the bench'

const WORKER = 'bench/cost/worker.ts'

/** Which monitors there are: none, the two that are shipped, or these instead. */
export type Monitors = 'none' | 'shipped' | NonNullable<ConfigInput['monitors']>

/** What to do, how often, and how long to wait each time; the clock is the bench's. */
interface Work {
  readonly cron?: boolean
  readonly paths?: readonly string[]
  readonly everyMs: number
  readonly times: number
}

/** The service with all its integrations, and the shipped rules. */
export interface CountedService extends AsyncDisposable {
  run(work: Work): Promise<Usage>
}

/**
 * Starts it, and MongoDB, Redis, the inbox and the target. `${API_URL}` in monitors is the target's.
 * @param ingests whether applications may send events and push metrics; without it nobody is asked for what was pushed
 */
export async function startCountedService(monitors: Monitors, ingests = false): Promise<CountedService> {
  // `wrangler dev` can't replace the configuration, and waits for ever for a mistake in a source to be mended.
  const modules = await bundle(WORKER, typeof monitors === 'string' ? undefined : monitors)
  mkdirSync('.wrangler', { recursive: true })
  const stateDir = path.resolve(mkdtempSync('.wrangler/bench-')) // wrangler.toml is looked for above the script
  const script = path.join(stateDir, 'worker', 'index.js')
  for (const [name, text] of Object.entries(modules)) {
    const file = path.join(path.dirname(script), name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const servers = await startServers()
  const { API_URL = '', INGEST_TOKEN = '', ...vars } = servers.vars
  const port = await freePort()
  const wrangler = startWrangler({
    script,
    port,
    stateDir,
    vars: {
      ...vars,
      ...(monitors !== 'none' && { API_URL }),
      ...(ingests && { INGEST_TOKEN }),
      LOG_LEVEL: 'info',
    },
    print: (line) => {
      if (!line.includes(EVICTION)) console.error(line)
    },
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
    [Symbol.asyncDispose]: stop,
    async run({ cron, paths = [], everyMs, times }) {
      const query = new URLSearchParams({ everyMs: String(everyMs), times: String(times) })
      if (cron) query.set('cron', 'all')
      for (const each of paths) query.append('path', each)
      const response = await fetch(`http://127.0.0.1:${port}/bench?${query}`, {
        signal: AbortSignal.timeout(240_000),
      })
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
      return (await response.json()) as Usage
    },
  }
}
