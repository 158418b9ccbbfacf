import { type Report, ratio, table, whole } from '../report.ts'
import { summarize } from '../statistics.ts'
import { bundle, cpuMicroseconds, type RunningWorkerd, startWorkerd } from '../workerd.ts'

const ROUNDS = 25
const WARM_UP_ROUNDS = 5
const TIMES = 4
const NAMES = ['edgewatch', 'prom-client'] as const
type Name = (typeof NAMES)[number]

/** What it costs to write 10,000 series as text. */
export async function benchExposition(): Promise<Report> {
  const workerd = await startWorkerd(await bundle('bench/exposition/worker.ts'))
  try {
    const ours = samplesOf(await (await workerd.get('/edgewatch?times=1')).text())
    const theirs = samplesOf(await (await workerd.get('/prom-client?times=1')).text())
    assertSame(ours, theirs)

    const costs: Record<Name, number[]> = { edgewatch: [], 'prom-client': [] }
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
        const cost = await renderingMs(workerd, name)
        if (round >= 0) costs[name].push(cost)
      }
    }
    const summaries = {
      edgewatch: summarize(costs.edgewatch),
      'prom-client': summarize(costs['prom-client']),
    }
    const compared = ratio(summaries.edgewatch.median, summaries['prom-client'].median)
    return {
      title: `/metrics with ${whole(ours.size)} series`,
      text: [
        `CPU time of workerd in ms to write the text once, of ${ROUNDS} rounds of ${TIMES} texts each, in alternating order.`,
        'Both texts were read again: they carry the same samples.',
        '',
        table(
          ['', 'median', 'minimum', 'middle half'],
          NAMES.map((name) => {
            const { median, minimum, lowerQuartile, upperQuartile } = summaries[name]
            const half = `${lowerQuartile.toFixed(1)} … ${upperQuartile.toFixed(1)}`
            return [name, median.toFixed(1), minimum.toFixed(1), half]
          }),
        ),
        '',
        `edgewatch takes ${compared} of prom-client's time.`,
      ].join('\n'),
      figures: [[`CPU to write ${whole(ours.size)} series as text, against prom-client`, compared]],
    }
  } finally {
    await workerd.stop()
  }
}

/** Milliseconds per text. Where CPU time isn't told, the time until the answer has come. */
async function renderingMs(workerd: RunningWorkerd, name: Name): Promise<number> {
  const before = cpuMicroseconds(workerd.pid)
  const startMs = performance.now()
  await (await workerd.get(`/${name}?times=${TIMES}`)).arrayBuffer()
  const tookMs = performance.now() - startMs
  const after = cpuMicroseconds(workerd.pid)
  return (before === undefined || after === undefined ? tookMs : (after - before) / 1000) / TIMES
}

/** Value by series. Labels are sorted and numbers read: the two write `le="1.0"` and `le="1"`, in another order. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name, labels = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line)!
    const sorted = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      .map(
        ([, label, text]) => `${label}=${label === 'le' ? Number(text!.replace('+Inf', 'Infinity')) : text}`,
      )
      .sort()
    samples.set(`${name} ${sorted.join(' ')}`, Number(value))
  }
  return samples
}

function assertSame(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): void {
  for (const [series, value] of theirs) {
    if (ours.get(series) === value) continue
    throw new Error(`${series}: prom-client says ${value}, edgewatch ${ours.get(series)}`)
  }
  if (ours.size !== theirs.size) {
    throw new Error(`prom-client has ${theirs.size} series, edgewatch ${ours.size}`)
  }
}
