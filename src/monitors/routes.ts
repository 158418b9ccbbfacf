import { Hono } from 'hono'
import type { MonitorConfig } from '../config/monitors.ts'
import type { Unavailable } from '../lib/answered.ts'
import { answered } from '../lib/answered.ts'
import type { Clock } from '../lib/clock.ts'
import { DAY_MS, isoTime, SECOND_MS } from '../lib/clock.ts'
import { parseDurationMs } from '../lib/duration.ts'
import { HttpError, wrongField } from '../lib/http-error.ts'
import { lazySchema, type Zod } from '../lib/lazy-schema.ts'
import { durationText, lineText } from '../lib/request-text.ts'
import { validate } from '../lib/validation.ts'
import type { Logger } from '../logging/model.ts'
import { checkJson, historyJson, maintenanceJson, monitorJson, warningsOf } from './json.ts'
import { unpackHistories } from './packed-history.ts'
import type { BeatKind, UptimeMonitorClient } from './ports.ts'

/** Of each check, 7 days are kept. */
const CHECKS_KEPT_MS = 7 * DAY_MS
/** All of them are read with every view of the status page, and shown on it. */
const MAX_ANNOUNCED = 50
/** Times beyond are written otherwise, with a sign and two digits more. */
const LATEST_MS = Date.UTC(9999, 11, 31)
/** An answer of more checks than a day has would be large, with a minute's interval in many regions. */
const MAX_CHECKS_MS = DAY_MS

const instant = (z: Zod) => z.iso.datetime({ offset: true, error: 'a time such as "2026-12-01T02:00:00Z"' })

const checksQuery = lazySchema((z) =>
  z.strictObject({ from: instant(z).optional(), to: instant(z).optional() }),
)

const maintenanceRequest = lazySchema((z) =>
  z
    .strictObject({
      title: lineText(z, 200),
      /** Names or ids; all monitors where none is named. */
      monitors: z.array(z.string().max(100)).max(1_000).default([]),
      /** By default now. */
      from: instant(z).optional(),
      /** When it ends: this or `for`. */
      to: instant(z).optional(),
      for: durationText(z).optional(),
    })
    .refine(({ to, for: duration }) => (to === undefined) !== (duration === undefined), {
      path: ['to'],
      error: 'say when it ends: to or for, one of them',
    }),
)

/** What the routes need. */
export interface MonitorRoutesSettings {
  readonly monitors: readonly MonitorConfig[]
  /** Asked once per request, for a stub belongs to one. */
  readonly uptime: () => UptimeMonitorClient
  readonly clock: Clock
}

/** Monitors and maintenance for the admin; to be mounted under `/admin`, behind its authentication. */
export function monitorRoutes({ monitors, uptime, clock }: MonitorRoutesSettings) {
  const find = (id: string): MonitorConfig => {
    const monitor = monitors.find((each) => each.id === id)
    if (!monitor) throw new HttpError(404, 'not_found', 'no such monitor')
    return monitor
  }
  return new Hono()
    .get('/monitors', async (c) => {
      const report = await uptime().report()
      const statuses = new Map(report.monitors.map((status) => [status.id, status]))
      return c.json({
        judged_at: isoTime(report.judgedAtMs),
        warnings: warningsOf(report),
        monitors: monitors.map((monitor) => monitorJson(monitor, statuses.get(monitor.id))),
      })
    })
    .get('/monitors/:id', async (c) => {
      const monitor = find(c.req.param('id'))
      const client = uptime()
      const [report, packed] = await Promise.all([client.report(), client.history([monitor.id])])
      const [history] = unpackHistories(packed)
      const status = report.monitors.find(({ id }) => id === monitor.id)
      return c.json({
        ...monitorJson(monitor, status),
        ...historyJson(history ?? { days: [], latency: [] }),
      })
    })
    .get('/monitors/:id/checks', validate('query', checksQuery), async (c) => {
      const { id } = find(c.req.param('id'))
      const { from, to } = c.req.valid('query')
      const now = clock()
      const toMs = to === undefined ? now : Date.parse(to)
      const firstMs = now - CHECKS_KEPT_MS
      if (toMs <= firstMs) throw wrongField('to', 'a time within the last 7 days')
      const fromMs = from === undefined ? Math.max(toMs - MAX_CHECKS_MS, firstMs) : Date.parse(from)
      if (fromMs >= toMs) throw wrongField('from', 'a time before to')
      if (fromMs < firstMs) throw wrongField('from', 'a time within the last 7 days')
      if (toMs - fromMs > MAX_CHECKS_MS) throw wrongField('to', 'a time at most 24 hours after from')
      const checks = await uptime().checks(id, fromMs, toMs)
      return c.json({
        id,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        checks: checks.map(checkJson),
      })
    })
    .get('/maintenance', async (c) => {
      const { maintenance } = await uptime().report()
      return c.json({ maintenance: maintenance.map(maintenanceJson) })
    })
    .post('/maintenance', validate('json', maintenanceRequest), async (c) => {
      const { title, monitors: names, from, to, for: duration } = c.req.valid('json')
      const now = clock()
      const fromMs = from === undefined ? now : Date.parse(from)
      const toMs = to === undefined ? fromMs + (parseDurationMs(duration ?? '') ?? 0) : Date.parse(to)
      if (toMs <= fromMs) throw wrongField('to', 'a time after from')
      if (toMs <= now) throw wrongField('to', 'a time that has not passed')
      if (fromMs < 0) throw wrongField('from', 'a time from 1970 on')
      if (toMs > LATEST_MS) throw wrongField(to === undefined ? 'for' : 'to', 'an end before the year 10000')
      const ids = names.map((written, index) => {
        const found = monitors.find(({ id, name }) => id === written || name === written)
        if (!found) throw wrongField(`monitors.${index}`, 'no monitor of this name or id is configured')
        return found.id
      })
      const client = uptime()
      const { maintenance } = await client.report()
      if (maintenance.filter(({ id }) => id !== undefined).length >= MAX_ANNOUNCED) {
        const message = `${MAX_ANNOUNCED} windows are announced, which is the most; withdraw one first`
        throw new HttpError(409, 'conflict', message)
      }
      const announced = await client.announce({ title, monitors: [...new Set(ids)], fromMs, toMs })
      return c.json(maintenanceJson(announced), 201)
    })
    .delete('/maintenance/:id', async (c) => {
      if (await uptime().withdraw(c.req.param('id'))) return c.body(null, 204)
      throw new HttpError(404, 'not_found', 'no such announced maintenance')
    })
}

const UNAVAILABLE: Unavailable = {
  timeoutMs: 10 * SECOND_MS,
  object: 'uptime_monitor',
  code: 'heartbeats_unavailable',
  message: 'heartbeats are temporarily unavailable',
}

/** What jobs call; to be mounted under `/heartbeat`, behind its authentication. */
export function heartbeatRoutes(uptime: () => Pick<UptimeMonitorClient, 'beat'>, log: Logger) {
  const take = async (id: string, kind: BeatKind) => {
    const isKnown = await answered(uptime().beat(id, kind), UNAVAILABLE, log)
    if (!isKnown) throw new HttpError(404, 'not_found', 'no such heartbeat')
    return { id, beat: kind }
  }
  return new Hono()
    .post('/:id', async (c) => c.json(await take(c.req.param('id'), 'done')))
    .post('/:id/start', async (c) => c.json(await take(c.req.param('id'), 'start')))
    .post('/:id/fail', async (c) => c.json(await take(c.req.param('id'), 'fail')))
}
