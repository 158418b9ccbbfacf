import type * as z from 'zod'
import type { Operation, OperationGroup } from '../lib/openapi/operation.ts'
import { empty, json } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

const id = { description: 'The id of the monitor', example: 'api-health' }

const monitor: z.infer<typeof answers.monitor> = {
  id: 'api-health',
  name: 'API health',
  type: 'http',
  group: 'API',
  target: 'https://api.example.com/health',
  state: 'down',
  seen: 'down',
  since: '2026-11-21T09:14:00.000Z',
  reason: 'status is 500, expected 200',
  blocked_by: null,
  regions: [
    {
      region: 'eu-west',
      colo: 'FRA',
      state: 'down',
      last_check: {
        at: '2026-11-21T09:20:00.000Z',
        outcome: 'failed',
        latency_ms: 84,
        reason: 'status is 500, expected 200',
      },
    },
  ],
}

const maintenance: z.infer<typeof answers.maintenance> = {
  id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11',
  title: 'Database upgrade',
  monitors: ['api-health'],
  from: '2026-12-01T02:00:00.000Z',
  to: '2026-12-01T04:00:00.000Z',
}

/** The routes of monitors and maintenance. */
export const monitorOperations: OperationGroup = {
  tag: 'monitors',
  description: 'What is checked from outside, and maintenance windows',
  operations: {
    'GET /admin/monitors': {
      operationId: 'listMonitors',
      summary: 'All monitors as they are now',
      access: 'admin',
      answers: {
        200: json('The monitors, in the order of the configuration', answers.monitors, {
          judged_at: '2026-11-21T09:20:03.000Z',
          warnings: [],
          monitors: [monitor],
        }),
      },
    },
    'GET /admin/monitors/:id': {
      operationId: 'getMonitor',
      summary: 'One monitor with its history',
      access: 'admin',
      path: { id },
      answers: {
        200: json('The monitor', answers.monitorWithHistory, {
          ...monitor,
          uptime_90_days: 0.9987,
          days: [
            {
              date: '2026-11-21',
              uptime: 0.98,
              seconds: { up: 33_000, degraded: 0, down: 660, unknown: 0, maintenance: 0 },
            },
          ],
          latency: [{ at: '2026-11-21T09:00:00.000Z', p50_ms: 62, p95_ms: 140 }],
        }),
      },
      errors: { 404: 'No such monitor' },
    },
    'GET /admin/monitors/:id/checks': {
      operationId: 'listChecks',
      summary: 'Single checks of a monitor, of at most 24 hours within the last 7 days',
      access: 'admin',
      path: { id },
      query: {
        from: { description: '24 hours before `to` unless stated', example: '2026-11-21T08:00:00Z' },
        to: { description: 'Now unless stated', example: '2026-11-21T09:00:00Z' },
      },
      answers: {
        200: json('The checks, oldest first', answers.checks, {
          id: 'api-health',
          from: '2026-11-21T08:00:00.000Z',
          to: '2026-11-21T09:00:00.000Z',
          checks: [
            {
              region: 'eu-west',
              at: '2026-11-21T08:00:12.000Z',
              outcome: 'up',
              latency_ms: 61,
              reason: null,
            },
          ],
        }),
      },
      errors: { 404: 'No such monitor' },
    },
    'GET /admin/maintenance': {
      operationId: 'listMaintenance',
      summary: 'Maintenance windows under way and to come',
      access: 'admin',
      answers: {
        200: json('The windows', answers.maintenanceList, { maintenance: [maintenance] }),
      },
    },
    'POST /admin/maintenance': {
      operationId: 'announceMaintenance',
      summary: 'Announce a maintenance window',
      description: 'While it lasts nobody is told of its monitors. One of `to` and `for` says when it ends.',
      access: 'admin',
      json: {
        example: { title: 'Database upgrade', from: '2026-12-01T02:00:00Z', for: '2h' },
        fields: {
          monitors: 'Names or ids; all monitors where none is named',
          from: 'Now unless stated',
          to: 'When it ends',
          for: 'A duration such as `30m` or `4h`',
        },
      },
      answers: { 201: json('Announced', answers.maintenance, maintenance) },
      errors: { 409: 'There are too many announced ones' },
    },
    'DELETE /admin/maintenance/:id': {
      operationId: 'withdrawMaintenance',
      summary: 'Withdraw, or end, an announced window',
      access: 'admin',
      path: { id: { description: 'The id of the window', example: maintenance.id } },
      answers: { 204: empty('Withdrawn') },
      errors: { 404: 'No such announced maintenance' },
    },
  },
}

const heartbeat = (operationId: string, summary: string, beat: 'start' | 'done' | 'fail'): Operation => ({
  operationId,
  summary,
  access: 'heartbeat',
  path: { id: { description: 'The id of a monitor of the type `heartbeat`', example: 'nightly-backup' } },
  answers: { 200: json('Taken', answers.beat, { id: 'nightly-backup', beat }) },
  errors: { 404: 'No such heartbeat' },
})

/** The routes that jobs call. */
export const heartbeatOperations: OperationGroup = {
  tag: 'heartbeats',
  description: 'What jobs call, so that it is noticed when they do not run',
  operations: {
    'POST /heartbeat/:id': heartbeat('beatDone', 'The job is done', 'done'),
    'POST /heartbeat/:id/start': heartbeat('beatStart', 'The job begins', 'start'),
    'POST /heartbeat/:id/fail': heartbeat('beatFail', 'The job failed', 'fail'),
  },
}
