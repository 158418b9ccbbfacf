import { gzipSync } from 'node:zlib'
import { type Report, ratio, table } from '../report.ts'
import { median, summarize } from '../statistics.ts'
import { bundle, cpuMicroseconds, startWorkerd } from '../workerd.ts'

const RUNS = 15
const EMPTY = 'export default { fetch: () => new Response() }'

/** How large the bundle is, and what it costs to start. */
export async function benchStartup(): Promise<Report> {
  const scripts = {
    'bare Hono': bundle('bench/startup/worker.ts'),
    Edgewatch: bundle('src/index.ts'),
    'Edgewatch without the MongoDB driver': bundle('src/index.ts', { leaveOut: 'mongodb' }),
  }
  const starts = await measureStarts({ empty: EMPTY, ...scripts })

  const bareBytes = gzipSync(scripts['bare Hono']).length
  const bareStart = starts && median(starts['bare Hono'])
  const rows = Object.entries(scripts).map(([name, script]) => {
    const gzipBytes = gzipSync(script).length
    const sizes = [kib(Buffer.byteLength(script)), kib(gzipBytes), ratio(gzipBytes, bareBytes)]
    if (!starts || !bareStart) return [name, ...sizes, '?', '?', '?']
    const start = summarize(starts[name as keyof typeof scripts])
    const half = `${start.lowerQuartile.toFixed(1)} … ${start.upperQuartile.toFixed(1)}`
    return [name, ...sizes, start.median.toFixed(1), half, ratio(start.median, bareStart)]
  })
  const ours = scripts.Edgewatch
  const driver = 1 - gzipSync(scripts['Edgewatch without the MongoDB driver']).length / gzipSync(ours).length
  return {
    title: 'Start',
    text: [
      `Bundles as they are deployed, and CPU time of workerd in ms from its start to its first answer, of ${RUNS} runs each,`,
      'without what workerd takes for an empty Worker in the same run.',
      '',
      table(['', 'KiB', 'gzip', 'of bare', 'start', 'middle half', 'of bare'], rows),
      '',
      `The MongoDB driver is ${(driver * 100).toFixed(0)} % of the compressed bundle; it is evaluated only in the object that uses it.`,
      ...(starts ? [] : ['CPU time is measured on Linux only.']),
    ].join('\n'),
    figures: [
      [
        'Bundle (gzip), against a bare Hono Worker',
        `${kib(gzipSync(ours).length)} KiB, ${ratio(gzipSync(ours).length, bareBytes)}`,
      ],
      [
        'Of it without the MongoDB driver',
        `${kib(gzipSync(scripts['Edgewatch without the MongoDB driver']).length)} KiB`,
      ],
      ...(starts && bareStart
        ? [
            [
              'CPU to start, against a bare Hono Worker',
              `${median(starts.Edgewatch).toFixed(0)} ms, ${ratio(median(starts.Edgewatch), bareStart)}`,
            ] as const,
          ]
        : []),
    ],
  }
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(0)

/** Milliseconds of CPU time beyond the empty Worker's, run by run; undefined where the system doesn't tell. */
async function measureStarts<Name extends string>(
  scripts: Readonly<Record<Name | 'empty', string>>,
): Promise<Record<Name, number[]> | undefined> {
  const names = Object.keys(scripts) as (Name | 'empty')[]
  const starts = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>
  for (let run = 0; run < RUNS; run++) {
    const used = new Map<Name | 'empty', number>()
    for (const name of names) {
      const workerd = await startWorkerd(scripts[name])
      const microseconds = cpuMicroseconds(workerd.pid)
      await workerd.stop()
      if (microseconds === undefined) return undefined
      used.set(name, microseconds / 1000)
    }
    for (const [name, milliseconds] of used) {
      if (name !== 'empty') starts[name as Name].push(milliseconds - used.get('empty')!)
    }
  }
  return starts
}
