import { gzipSync } from 'node:zlib'
import { type Report, ratio, table } from '../report.ts'
import { summarize } from '../statistics.ts'
import { bundle, cpuMicroseconds, type RunningWorkerd, startWorkerd } from '../workerd.ts'

const ROUNDS = 15
const WARM_UP_ROUNDS = 3
const TIMES = 5
const OUTPUTS = ['page', 'json'] as const
/** The last one is as bad as it can be: each day of each monitor had a downtime of its own. */
const CASES = [
  { monitors: 10, kind: 'usual' },
  { monitors: 100, kind: 'usual' },
  { monitors: 100, kind: 'eventful' },
] as const
type Case = (typeof CASES)[number]

/** What it costs to make the status page of what the objects told, and how many bytes it is. */
export async function benchStatus(): Promise<Report> {
  const workerd = await startWorkerd(await bundle('bench/status/worker.ts'), {
    objects: { Histories: 'Histories' },
  })
  try {
    const measured = []
    for (const each of CASES) measured.push({ ...each, ...(await measure(workerd, each)) })
    const [, hundred] = measured
    const usual = `${hundred!.page.median.toFixed(1)} ms`
    return {
      title: 'The status page, with 90 days and 24 hours of each monitor',
      text: [
        `CPU time of workerd in ms to make the page once, of ${ROUNDS} rounds of ${TIMES} pages each: the history as its object`,
        'hands it over, the model of what is public, and its HTML. Beside it the same data by JSON.stringify. It is made once',
        'in 30 seconds, not for each view.',
        '',
        table(
          ['monitors', 'page', 'middle half', 'JSON', 'of JSON', 'KB', 'KB gzip'],
          measured.map(({ monitors, kind, page, json, bytes, gzipBytes }) => [
            kind === 'usual' ? String(monitors) : `${monitors}, downtime every day`,
            page.median.toFixed(1),
            `${page.lowerQuartile.toFixed(1)} … ${page.upperQuartile.toFixed(1)}`,
            json.median.toFixed(1),
            ratio(page.median, json.median),
            (bytes / 1000).toFixed(0),
            (gzipBytes / 1000).toFixed(1),
          ]),
        ),
      ].join('\n'),
      figures: [
        ['CPU to make the status page of 100 monitors', usual],
        ['Of it, against JSON.stringify of the same data', ratio(hundred!.page.median, hundred!.json.median)],
        ['Status page of 100 monitors, gzip', `${(hundred!.gzipBytes / 1000).toFixed(0)} KB`],
      ],
    }
  } finally {
    await workerd.stop()
  }
}

async function measure(workerd: RunningWorkerd, { monitors, kind }: Case) {
  const query = `monitors=${monitors}&kind=${kind}`
  const costs: Record<(typeof OUTPUTS)[number], number[]> = { page: [], json: [] }
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const output of round % 2 === 0 ? OUTPUTS : OUTPUTS.toReversed()) {
      // What it takes to answer at all, with an empty text, is left out.
      const baseMs = await cpuMs(workerd, `/none?${query}&times=${TIMES}`)
      const cost = ((await cpuMs(workerd, `/${output}?${query}&times=${TIMES}`)) - baseMs) / TIMES
      if (round >= 0) costs[output].push(cost)
    }
  }
  const html = await (await workerd.get(`/page?${query}&times=1`)).text()
  return {
    page: summarize(costs.page),
    json: summarize(costs.json),
    bytes: Buffer.byteLength(html),
    gzipBytes: gzipSync(html).length,
  }
}

/** CPU time until the answer has come; where it isn't told, the time. */
async function cpuMs(workerd: RunningWorkerd, path: string): Promise<number> {
  const before = cpuMicroseconds(workerd.pid)
  const startMs = performance.now()
  await (await workerd.get(path)).arrayBuffer()
  const tookMs = performance.now() - startMs
  const after = cpuMicroseconds(workerd.pid)
  return before === undefined || after === undefined ? tookMs : (after - before) / 1000
}
