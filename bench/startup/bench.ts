import shipped from '../../edgewatch.config.ts'
import { buildWorker } from '../../scripts/bundle.ts'
import { weigh } from '../../scripts/bundle-budget.ts'
import { compileConfig } from '../../src/config/load.ts'
import { type Report, ratio, table } from '../report.ts'
import { median, summarize } from '../statistics.ts'
import { cpuMicroseconds, type Modules, startWorkerd } from '../workerd.ts'

const RUNS = 15

/** The Durable Objects of wrangler.toml: each class costs workerd something, whatever is in it. */
const OBJECTS = {
  METRICS_STORE: 'MetricsStore',
  HEALTH_MONITOR: 'HealthMonitor',
  MONGO_GATEWAY: 'MongoGateway',
  ALERT_LEDGER: 'AlertLedger',
  UPTIME_MONITOR: 'UptimeMonitor',
  REGION_PROBER: 'RegionProber',
  INCIDENT_BOOK: 'IncidentBook',
  PUSH_STORE: 'PushStore',
  EVENT_QUEUE: 'EventQueue',
}

/** A Worker with the same bindings and nothing in it: what workerd itself takes to start. */
const EMPTY = {
  'index.js': `import { DurableObject } from 'cloudflare:workers'
${Object.values(OBJECTS)
  .map((name) => `export class ${name} extends DurableObject {}`)
  .join('\n')}
export default { fetch: () => new Response() }`,
}

/** How large the Worker is, and what it costs to start, as it is deployed. */
export async function benchStartup(): Promise<Report> {
  const built = await buildWorker('src/index.ts', compileConfig(shipped))
  const { mainBytes, allBytes } = weigh(built)
  const sizes = `${kib(mainBytes)} KiB, ${kib(allBytes)} KiB`
  const starts = await measureStarts(built.modules)
  if (!starts) {
    const text = `Main module and all modules, gzip: ${sizes}. CPU time is measured on Linux only.`
    return { title: 'Start', text, figures: [['Main module, all modules (gzip)', sizes]] }
  }
  const rows = Object.entries(starts).map(([name, all]) => {
    const { median: middle, lowerQuartile, upperQuartile } = summarize(all)
    return [name, middle.toFixed(1), `${lowerQuartile.toFixed(1)} … ${upperQuartile.toFixed(1)}`]
  })
  const empty = median(starts['empty Worker'])
  const above = median(starts['Edgewatch, above it'])
  return {
    title: 'Start',
    text: [
      `CPU time of workerd in ms from its start to its first response, of ${RUNS} runs each. The empty Worker has the same`,
      'bindings. Edgewatch is measured in pairs with it.',
      '',
      table(['', 'median', 'middle half'], rows),
      '',
      `Main module and all modules, gzip: ${sizes}.`,
    ].join('\n'),
    figures: [
      ['Main module, all modules (gzip)', sizes],
      ['CPU to start, above an empty Worker', `${above.toFixed(0)} ms`],
      ['CPU to start, against an empty Worker', ratio(above, empty)],
    ],
  }
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(0)

/** Milliseconds of CPU time, run by run; undefined if the system doesn't provide it. */
async function measureStarts(modules: Modules) {
  const starts = { 'empty Worker': [] as number[], 'Edgewatch, above it': [] as number[] }
  for (let run = 0; run < RUNS; run++) {
    const empty = await startMilliseconds(EMPTY)
    const ours = await startMilliseconds(modules)
    if (empty === undefined || ours === undefined) return undefined
    starts['empty Worker'].push(empty)
    starts['Edgewatch, above it'].push(ours - empty)
  }
  return starts
}

async function startMilliseconds(modules: Modules): Promise<number | undefined> {
  const workerd = await startWorkerd(modules, { objects: OBJECTS, analytics: true })
  const microseconds = cpuMicroseconds(workerd.pid)
  await workerd.stop()
  return microseconds === undefined ? undefined : microseconds / 1000
}
