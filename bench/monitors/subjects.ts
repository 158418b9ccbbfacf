import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwned } from '../../sandbox/child-process.ts'
import { freePort } from '../../sandbox/listen.ts'
import type { Usage } from '../cost/service.ts'
import { bundle, startWorkerd } from '../workerd.ts'

const OBJECTS = {
  ALERT_LEDGER: 'AlertLedger',
  EVENT_QUEUE: 'EventQueue',
  HEALTH_MONITOR: 'HealthMonitor',
  INCIDENT_BOOK: 'IncidentBook',
  METRICS_STORE: 'MetricsStore',
  MONGO_GATEWAY: 'MongoGateway',
  PUSH_STORE: 'PushStore',
  REGION_PROBER: 'RegionProber',
  UPTIME_MONITOR: 'UptimeMonitor',
}
/** What a request may run without taking too long for one. */
const CHECKS_PER_REQUEST = 5_000

/** Something that checks URLs; one round checks all of them. */
export interface Subject {
  readonly pid: number
  /** Runs a round, and gives how long it took in milliseconds. Rejects where anything is not up. */
  round(): Promise<number>
  stop(): Promise<unknown>
}

/** Edgewatch with its monitors. */
export interface Edgewatch extends Subject {
  /** So many runs, a minute of its clock apart; `staggered` waits for the turn of each shard, as when deployed. */
  run(times: number, how?: { readonly staggered?: boolean }): Promise<Usage>
}

/** Starts the service in workerd, with a monitor for each URL that is checked each minute from these locations. */
export async function startEdgewatch(
  urls: readonly string[],
  locations: ('us-east' | 'eu-west')[],
): Promise<Edgewatch> {
  const monitors = urls.map((url, index) => ({ name: `Page ${index}`, url, locations }))
  const script = await bundle('bench/cost/worker.ts', monitors)
  const { pid, get, stop } = await startWorkerd(script, {
    variables: { LOG_LEVEL: 'error' },
    objects: OBJECTS,
  })
  const checksPerRun = urls.length * locations.length
  const runOnce = async (times: number, staggered: boolean) => {
    const query = `cron=monitors&everyMs=60000&times=${times}${staggered ? '&staggers' : ''}`
    const usage = (await (await get(`/bench?${query}`)).json()) as Usage
    if (usage.checks !== times * checksPerRun) throw new Error(`${usage.checks} checks were made`)
    return usage
  }
  const run: Edgewatch['run'] = async (times, { staggered = false } = {}) => {
    const atOnce = Math.max(1, Math.floor(CHECKS_PER_REQUEST / checksPerRun))
    let total = await runOnce(Math.min(atOnce, times), staggered)
    for (let left = times - atOnce; left > 0; left -= atOnce) {
      total = sum(total, await runOnce(Math.min(atOnce, left), staggered))
    }
    return total
  }
  return { pid, run, stop, round: async () => (await run(1)).activeMs.UptimeMonitor! }
}

/** Starts a Node process that only fetches the URLs, `concurrency` of them at a time. */
export async function startScript(urls: readonly string[], concurrency: number): Promise<Subject> {
  const child: ChildProcess = fork(path.join(import.meta.dirname, 'baseline.ts'))
  child.send({ urls, concurrency })
  return {
    pid: child.pid!,
    async round() {
      child.send('check')
      const [{ wallMs, up }] = (await once(child, 'message')) as [{ wallMs: number; up: number }]
      if (up !== urls.length) throw new Error(`The script found ${up} up`)
      return wallMs
    },
    stop: async () => child.kill(),
  }
}

/** Starts Prometheus' blackbox_exporter and asks it for each URL; undefined where it is not installed. */
export async function startBlackboxExporter(
  urls: readonly string[],
  concurrency: number,
): Promise<Subject | undefined> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-bench-'))
  const file = path.join(folder, 'blackbox.yml')
  writeFileSync(file, 'modules: { http_2xx: { prober: http, http: { preferred_ip_protocol: ip4 } } }\n')
  const address = `127.0.0.1:${await freePort()}`
  const args = [`--config.file=${file}`, `--web.listen-address=${address}`, '--log.level=error']
  const child = spawnOwned('prometheus-blackbox-exporter', args, { folder, stdio: 'ignore' })
  const isReady = async () => (await fetch(`http://${address}/-/healthy`).catch(() => undefined))?.ok
  while (!(await isReady())) {
    if (child.hasEnded()) return undefined
    await sleep(20)
  }
  return {
    pid: child.process.pid!,
    async round() {
      const startMs = performance.now()
      const waiting = [...urls]
      const work = async () => {
        for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
          const query = new URLSearchParams({ module: 'http_2xx', target: url })
          const response = await fetch(`http://${address}/probe?${query}`)
          if (!/^probe_success 1$/m.test(await response.text())) throw new Error(`${url} is not up`)
        }
      }
      await Promise.all(Array.from({ length: concurrency }, work))
      return performance.now() - startMs
    },
    stop: () => child.stop('SIGTERM'),
  }
}

function sum(a: Usage, b: Usage): Usage {
  const both = (x: Readonly<Record<string, number>>, y: Readonly<Record<string, number>>) =>
    Object.fromEntries([...Object.keys({ ...x, ...y })].map((key) => [key, (x[key] ?? 0) + (y[key] ?? 0)]))
  return {
    calls: both(a.calls, b.calls),
    activeMs: both(a.activeMs, b.activeMs),
    sleptMs: a.sleptMs + b.sleptMs,
    rowsRead: a.rowsRead + b.rowsRead,
    rowsWritten: a.rowsWritten + b.rowsWritten,
    logLines: a.logLines + b.logLines,
    logBytes: a.logBytes + b.logBytes,
    checks: a.checks + b.checks,
  }
}
