import { type Report, ratio, table, whole } from '../report.ts'
import { median, summarize } from '../statistics.ts'
import { cpuMicroseconds } from '../workerd.ts'
import type { Edgewatch, Subject } from './subjects.ts'
import { startBlackboxExporter, startEdgewatch, startScript } from './subjects.ts'
import { startTarget, type Target } from './target.ts'

const SIZES = [10, 100, 1_000]
const WARM_UP_ROUNDS = 5
const ROUNDS = 15
const SPREAD_ROUNDS = 3
const RUNS_PER_HOUR = 60
const HOURS_PER_DAY = 24
/** What the deployed objects do: 20 checks a shard, 5 at a time in each. */
const CHECKS_PER_SHARD = 20
const CHECKS_AT_ONCE = 5

const DAY = { monitors: 50, locations: ['us-east', 'eu-west'], rowsAllowed: 20_000 } as const

/** What rounds of one subject took. */
interface Rounds {
  readonly wallMs: number[]
  /** Not a number where the system doesn't tell. */
  readonly cpuMs: number[]
}

type SubjectName = 'Edgewatch' | 'Node script' | 'blackbox_exporter'

/** What is known of so many monitors. */
interface Measured {
  readonly monitors: number
  readonly concurrency: number
  readonly rounds: ReadonlyMap<SubjectName, Rounds>
  /** With the shards spread over the minute. */
  readonly spreadMs: readonly number[]
  readonly callsPerRun: number
  readonly rowsPerRun: number
  readonly rowsPerHour: number
}

/** What a run of the monitors takes, beside what people would use instead. */
export async function benchMonitors(): Promise<Report> {
  const target = await startTarget()
  try {
    const measured: Measured[] = []
    for (const monitors of SIZES) measured.push(await measure(target, monitors))
    const rowsOfDay = await countDay(target)
    const last = measured.at(-1)!
    const hasExporter = last.rounds.has('blackbox_exporter')
    return {
      title: 'A run of the monitors',
      text: [
        `Monitors of a local HTTP server, all due in one run, from one location. ${ROUNDS} rounds after ${WARM_UP_ROUNDS} to warm up, in`,
        'rotating order with the others; medians, and in brackets the middle half. The work is without the pauses between the',
        `shards of ${CHECKS_PER_SHARD} checks, which spread them over the minute; the run is with them (${SPREAD_ROUNDS} rounds). CPU is that of workerd with`,
        'all objects. A run judges all monitors, stores its checks, tells the ledger and hands its metrics over.',
        '',
        table(
          [
            'monitors',
            'work, ms',
            'CPU, ms',
            'CPU per check, ms',
            'run, s',
            'object requests',
            'rows written',
          ],
          measured.map((each) => {
            const { wallMs, cpuMs } = each.rounds.get('Edgewatch')!
            return [
              whole(each.monitors),
              withSpread(wallMs),
              withSpread(cpuMs),
              (median(cpuMs) / each.monitors).toFixed(2),
              (median(each.spreadMs) / 1000).toFixed(2),
              whole(each.callsPerRun),
              whole(each.rowsPerRun),
            ]
          }),
        ),
        '',
        'How it grows:',
        '',
        table(
          ['monitors', 'work', 'CPU', 'rows written'],
          measured.slice(1).map((each, index) => {
            const before = measured[index]!
            const growth = (of: 'wallMs' | 'cpuMs') =>
              ratio(median(each.rounds.get('Edgewatch')![of]), median(before.rounds.get('Edgewatch')![of]))
            return [
              `${whole(before.monitors)} to ${whole(each.monitors)}`,
              growth('wallMs'),
              growth('cpuMs'),
              ratio(each.rowsPerRun, before.rowsPerRun),
            ]
          }),
        ),
        '',
        'The same pages, as many at a time (5 for each shard), by a Node script that fetches them and looks at the status',
        hasExporter
          ? 'only, and by blackbox_exporter, which keeps nothing either: Prometheus would ask it, and store.'
          : 'only. (prometheus-blackbox-exporter is not installed; it would be compared, too.)',
        '',
        table(
          ['monitors', 'at a time', '', 'work, ms', 'CPU, ms', 'ours: work', 'ours: CPU'],
          measured.flatMap(({ monitors, concurrency, rounds }) => {
            const ours = rounds.get('Edgewatch')!
            return [...rounds]
              .filter(([name]) => name !== 'Edgewatch')
              .map(([name, theirs]) => [
                whole(monitors),
                whole(concurrency),
                name,
                withSpread(theirs.wallMs),
                withSpread(theirs.cpuMs),
                ratio(median(ours.wallMs), median(theirs.wallMs)),
                ratio(median(ours.cpuMs), median(theirs.cpuMs)),
              ])
          }),
        ),
        '',
        'Rows written in an hour and a day; the end of each hour is in them. What is older than a week is deleted, which',
        'is billed like writing: that is in the last column.',
        '',
        table(
          ['monitors', 'an hour', 'a day', 'a day after a week'],
          measured.map(({ monitors, rowsPerHour, rowsPerRun }) => {
            const ofClosing = rowsPerHour - RUNS_PER_HOUR * rowsPerRun
            return [
              whole(monitors),
              whole(rowsPerHour),
              whole(HOURS_PER_DAY * rowsPerHour),
              `at most ${whole(HOURS_PER_DAY * (rowsPerHour + ofClosing))}`,
            ]
          }),
        ),
        '',
        `${DAY.monitors} monitors at 60 s from ${DAY.locations.length} locations write ${whole(rowsOfDay)} rows in a day, counted run by run: ${
          rowsOfDay < DAY.rowsAllowed ? 'under' : 'MORE THAN'
        } ${whole(DAY.rowsAllowed)}.`,
      ].join('\n'),
      figures: [
        ...measured.map(({ monitors, rounds, rowsPerRun }) => {
          const { wallMs, cpuMs } = rounds.get('Edgewatch')!
          const values = [
            `${median(wallMs).toFixed(0)} ms`,
            `${median(cpuMs).toFixed(0)} ms`,
            whole(rowsPerRun),
          ]
          return [
            `${whole(monitors)} monitors in one run: work, CPU, rows written`,
            values.join(', '),
          ] as const
        }),
        [
          '1,000 monitors, with the shards spread over the minute',
          `${(median(last.spreadMs) / 1000).toFixed(0)} s`,
        ],
        ['A day of 50 monitors at 60 s from 2 locations: rows written', whole(rowsOfDay)],
      ],
    }
  } finally {
    await target.close()
  }
}

async function measure(target: Target, monitors: number): Promise<Measured> {
  const urls = Array.from({ length: monitors }, (_, index) => target.url(index))
  const concurrency = Math.min(monitors, CHECKS_AT_ONCE * Math.ceil(monitors / CHECKS_PER_SHARD))
  const edgewatch = await startEdgewatch(urls, ['eu-west'])
  const script = await startScript(urls, concurrency)
  const exporter = await startBlackboxExporter(urls, concurrency)
  const subjects: (readonly [SubjectName, Subject])[] = [
    ['Edgewatch', edgewatch],
    ['Node script', script],
    ...(exporter ? [['blackbox_exporter', exporter] as const] : []),
  ]
  try {
    const rounds = await takeTurns(subjects)
    const { rowsPerRun, rowsPerHour, callsPerRun } = await countHour(edgewatch)
    const spreadMs: number[] = []
    for (let round = 0; round < SPREAD_ROUNDS; round++) {
      spreadMs.push((await edgewatch.run(1, { staggered: true })).activeMs.UptimeMonitor!)
    }
    return { monitors, concurrency, rounds, spreadMs, rowsPerRun, rowsPerHour, callsPerRun }
  } finally {
    await Promise.all(subjects.map(([, subject]) => subject.stop()))
  }
}

/** Rounds of all of them, in rotating order. */
async function takeTurns(
  subjects: readonly (readonly [SubjectName, Subject])[],
): Promise<ReadonlyMap<SubjectName, Rounds>> {
  const all = new Map(subjects.map(([name]) => [name, { wallMs: [] as number[], cpuMs: [] as number[] }]))
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const first = (round + WARM_UP_ROUNDS) % subjects.length
    for (const [name, subject] of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const before = cpuMicroseconds(subject.pid) ?? Number.NaN
      const wallMs = await subject.round()
      const cpuMs = ((cpuMicroseconds(subject.pid) ?? Number.NaN) - before) / 1000
      if (round < 0) continue
      all.get(name)!.wallMs.push(wallMs)
      all.get(name)!.cpuMs.push(cpuMs)
    }
  }
  return all
}

/** One run at a time for an hour, in which one hour ends, wherever it begins. */
async function countHour(edgewatch: Edgewatch) {
  const runs = []
  for (let run = 0; run < RUNS_PER_HOUR; run++) {
    const { rowsWritten, calls } = await edgewatch.run(1)
    runs.push({ rowsWritten, calls: Object.values(calls).reduce((sum, each) => sum + each, 0) })
  }
  return {
    rowsPerRun: median(runs.map(({ rowsWritten }) => rowsWritten)),
    rowsPerHour: runs.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    callsPerRun: median(runs.map(({ calls }) => calls)),
  }
}

async function countDay(target: Target): Promise<number> {
  const urls = Array.from({ length: DAY.monitors }, (_, index) => target.url(index))
  const edgewatch = await startEdgewatch(urls, [...DAY.locations])
  try {
    return (await edgewatch.run(HOURS_PER_DAY * RUNS_PER_HOUR)).rowsWritten
  } finally {
    await edgewatch.stop()
  }
}

function withSpread(numbers: readonly number[]): string {
  const { median: middle, lowerQuartile, upperQuartile } = summarize(numbers)
  return `${middle.toFixed(0)} (${lowerQuartile.toFixed(0)} … ${upperQuartile.toFixed(0)})`
}
