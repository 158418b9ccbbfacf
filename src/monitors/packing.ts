import { getOrAdd } from '../lib/get-or-add.ts'
import { byteLength, cutText, MAX_ROW_BYTES } from '../lib/rows.ts'
import type { CheckResult, MonitorState, Region } from './model.ts'

// What is written for every check, as JSON with tables for its texts. Binary numbers of variable length would take half
// the bytes, but no less time to pack and unpack; rows are what costs.

/** Checks in few bytes. The texts are tables that `numbers` refers to. */
export interface PackedChecks {
  readonly monitors: readonly string[]
  readonly regions: readonly Region[]
  readonly reasons: readonly string[]
  /**
   * For each check: the step from the monitor of the check before to this one, a code, the milliseconds since the check
   * before; then the latency and the reason, where the code says that there is one.
   */
  readonly numbers: readonly number[]
}

/** A run as it is stored, or a part of its monitors: its checks, and a digit for the state of each of the first monitors. */
export interface PackedRun extends PackedChecks {
  readonly states: string
  /** In the rows of a run after its first one: which of its rows this is, from 1. */
  readonly part?: number
}

/** A run that was judged. */
export interface Run {
  /** Never before that of the run before. */
  readonly atMs: number
  readonly checks: readonly CheckResult[]
  /** By the id of the monitor. */
  readonly states: ReadonlyMap<string, MonitorState>
}

/** Time that a monitor spent in one state. */
export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  readonly state: MonitorState
}

/** What the runs of an hour tell of a monitor: stretches do not overlap, and are in their order. */
export interface MonitorHour {
  readonly stretches: readonly Stretch[]
  readonly checks: readonly CheckResult[]
}

/** Some monitors' hour as it is stored. */
export interface PackedHour extends PackedChecks {
  /** For each monitor: triples of the milliseconds since the stretch before, its duration, and its state. */
  readonly stretches: readonly (readonly number[])[]
}

/** All states, in the order in which they are counted and stored: new ones come last. */
export const STATES = ['up', 'degraded', 'down', 'unknown', 'maintenance'] as const satisfies MonitorState[]
const OUTCOMES = ['up', 'slow', 'failed', 'unknown'] as const satisfies CheckResult['outcome'][]

// A code is the outcome, plus these, plus the region.
const HAS_LATENCY = 4
const HAS_REASON = 8
const REGION = 16

const MAX_REASON_LENGTH = 300
/** Of all reasons in a row; those that come after are left out. In UTF-16 units. */
const MAX_REASONS_LENGTH = 100_000
/** The most numbers in a row, beside its texts. */
const MAX_HOUR_WEIGHT = 60_000
/** More than any run needs. */
const MAX_PARTS = 1_024
/** What a monitor's id weighs. */
const MONITOR_WEIGHT = 10

/**
 * Packs checks. Times and latencies are rounded to the millisecond; long reasons are cut.
 * @param startMs what the first check's time is counted from
 * @param known monitors that stand first in the table
 */
export function packChecks(
  checks: readonly CheckResult[],
  startMs: number,
  known: readonly string[] = [],
): PackedChecks {
  const monitors = new Table(known)
  const regions = new Table<Region>()
  const reasons = new Table()
  let reasonsLength = 0
  const indexOfReason = (reason: string) => {
    const text = reason.slice(0, MAX_REASON_LENGTH)
    if (!reasons.has(text)) {
      if (reasonsLength + text.length > MAX_REASONS_LENGTH) return undefined
      reasonsLength += text.length
    }
    return reasons.indexOf(text)
  }

  const numbers: number[] = []
  let [monitorBefore, msBefore] = [0, Math.round(startMs)]
  for (const check of checks) {
    const monitor = monitors.indexOf(check.monitor)
    const atMs = Math.round(check.atMs)
    const reason = check.reason === undefined ? undefined : indexOfReason(check.reason)
    const code =
      OUTCOMES.indexOf(check.outcome) +
      (check.latencyMs === undefined ? 0 : HAS_LATENCY) +
      (reason === undefined ? 0 : HAS_REASON) +
      regions.indexOf(check.region) * REGION
    numbers.push(monitor - monitorBefore, code, atMs - msBefore)
    if (check.latencyMs !== undefined) numbers.push(Math.round(check.latencyMs))
    if (reason !== undefined) numbers.push(reason)
    monitorBefore = monitor
    msBefore = atMs
  }
  return { monitors: monitors.values(), regions: regions.values(), reasons: reasons.values(), numbers }
}

/**
 * The checks that were packed, in their order.
 * @param startMs the same as when they were packed
 * @param only the monitor whose checks are wanted; without one, all are
 */
export function unpackChecks(packed: PackedChecks, startMs: number, only?: string): CheckResult[] {
  const { monitors, regions, reasons, numbers } = packed
  const checks: CheckResult[] = []
  let [index, monitor, atMs] = [0, 0, Math.round(startMs)]
  while (index < numbers.length) {
    monitor += numbers[index++]!
    const code = numbers[index++]!
    atMs += numbers[index++]!
    const latencyMs = code & HAS_LATENCY ? numbers[index++]! : undefined
    const reason = code & HAS_REASON ? reasons[numbers[index++]!]! : undefined
    if (only !== undefined && monitors[monitor] !== only) continue
    checks.push({
      monitor: monitors[monitor]!,
      region: regions[Math.floor(code / REGION)]!,
      atMs,
      outcome: OUTCOMES[code % HAS_LATENCY]!,
      ...(latencyMs !== undefined && { latencyMs }),
      ...(reason !== undefined && { reason }),
    })
  }
  return checks
}

/** See `PackedRun`. */
export function packRun({ atMs, checks, states }: Run): PackedRun {
  return {
    ...packChecks(checks, atMs, [...states.keys()]),
    states: Array.from(states.values(), (state) => STATES.indexOf(state)).join(''),
  }
}

/** Packs a run in as few parts as fit into rows, each with a piece of the text that is kept beside them. */
export function packRunParts(run: Run, text: string): { run: PackedRun; text: string }[] {
  for (let count = 1; ; count *= 2) {
    const pieces = cutText(text, Math.ceil(byteLength(text) / count) + 3)
    const packed = splitRun(run, count).map(packRun)
    const parts = packed.map((each, index) => ({
      run: index === 0 ? each : { ...each, part: index },
      text: pieces[index] ?? '',
    }))
    const fits = parts.every((each) => byteLength(JSON.stringify(each.run) + each.text) <= MAX_ROW_BYTES)
    if (fits || count >= MAX_PARTS) return parts
  }
}

/** Parts with about as many monitors each. */
function splitRun({ atMs, checks, states }: Run, count: number): Run[] {
  if (count === 1) return [{ atMs, checks, states }]
  const places = new Map([...states.keys()].map((id, index) => [id, index % count]))
  return Array.from({ length: count }, (_, place) => ({
    atMs,
    checks: checks.filter(({ monitor }) => (places.get(monitor) ?? 0) === place),
    states: new Map([...states].filter(([id]) => places.get(id) === place)),
  }))
}

/** The run that was packed. */
export function unpackRun(packed: PackedRun, atMs: number): Run {
  return {
    atMs,
    checks: unpackChecks(packed, atMs),
    states: new Map(
      Array.from(packed.states, (digit, index) => [packed.monitors[index]!, STATES[Number(digit)]!]),
    ),
  }
}

/** Packs an hour of monitors, in parts that each fit into a row. In every part, and over all, ids are in their order. */
export function packHour(monitors: ReadonlyMap<string, MonitorHour>, startMs: number): PackedHour[] {
  const parts: [string, MonitorHour][][] = []
  let weight = Number.POSITIVE_INFINITY
  for (const entry of [...monitors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [, { stretches, checks }] = entry
    const more = MONITOR_WEIGHT + 3 * stretches.length + 4 * checks.length
    if (weight + more > MAX_HOUR_WEIGHT) {
      parts.push([])
      weight = 0
    }
    parts.at(-1)!.push(entry)
    weight += more
  }
  return parts.map((part) => ({
    ...packChecks(
      part.flatMap(([, { checks }]) => checks),
      startMs,
      part.map(([id]) => id),
    ),
    stretches: part.map(([, { stretches }]) => packStretches(stretches, startMs)),
  }))
}

/** What was packed of a monitor; undefined where this part holds nothing of it. */
export function unpackHour(packed: PackedHour, startMs: number, id: string): MonitorHour | undefined {
  const index = packed.monitors.indexOf(id)
  if (index < 0) return undefined
  return {
    stretches: unpackStretches(packed.stretches[index]!, startMs),
    checks: unpackChecks(packed, startMs, id),
  }
}

function packStretches(stretches: readonly Stretch[], startMs: number): number[] {
  let before = startMs
  return stretches.flatMap(({ fromMs, toMs, state }) => {
    const gap = fromMs - before
    before = toMs
    return [gap, toMs - fromMs, STATES.indexOf(state)]
  })
}

function unpackStretches(numbers: readonly number[], startMs: number): Stretch[] {
  const stretches: Stretch[] = []
  let before = startMs
  for (let index = 0; index < numbers.length; index += 3) {
    const fromMs = before + numbers[index]!
    before = fromMs + numbers[index + 1]!
    stretches.push({ fromMs, toMs: before, state: STATES[numbers[index + 2]!]! })
  }
  return stretches
}

/** Texts by number. */
class Table<Text extends string = string> {
  readonly #indexes: Map<Text, number>

  constructor(texts: readonly Text[] = []) {
    this.#indexes = new Map(texts.map((text, index) => [text, index]))
  }

  has(text: Text): boolean {
    return this.#indexes.has(text)
  }

  /** Enters a text that is new. */
  indexOf(text: Text): number {
    return getOrAdd(this.#indexes, text, () => this.#indexes.size)
  }

  values(): Text[] {
    return [...this.#indexes.keys()]
  }
}
