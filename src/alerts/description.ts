import type * as z from 'zod'
import type { OperationGroup } from '../lib/openapi/operation.ts'
import { empty, json } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

const incident: z.infer<typeof answers.alertIncident> = {
  alert: 'mongodb-down',
  severity: 'critical',
  labels: { team: 'platform' },
  summary: 'MongoDB does not answer',
  condition: 'mongodb_up == 0',
  value: '0',
  started_at: '2026-11-21T09:14:00.000Z',
  resolved_at: null,
  acknowledged: { at: '2026-11-21T09:16:40.000Z', by: 'Ada', note: 'the primary is restarting' },
  told: ['pagerduty', 'slack-alerts'],
  dedup_key: 'edgewatch/production/mongodb-down/1795252440000',
}

const active: z.infer<typeof answers.activeAlert> = {
  alert: 'mongodb-down',
  state: 'firing',
  severity: 'critical',
  summary: incident.summary,
  since: incident.started_at,
  value: '0',
  silenced: false,
  held_back: null,
  acknowledged: null,
  told: incident.told,
  dedup_key: incident.dedup_key,
  runbook: 'https://wiki.example.com/mongodb-down',
}

const silence: z.infer<typeof answers.silence> = {
  id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11',
  alert: 'mongodb-down',
  severity: null,
  labels: {},
  created_at: '2026-11-21T09:20:00.000Z',
  until: '2026-11-21T10:20:00.000Z',
  reason: 'upgrade',
  by: 'Ada',
}

/** The routes of alerts and silences. */
export const alertOperations: OperationGroup = {
  tag: 'alerts',
  description: 'Alerts, their notifications, and silences',
  operations: {
    'GET /admin/alerts': {
      operationId: 'listAlerts',
      summary: 'What fires, what was resolved, and what was delivered',
      access: 'admin',
      answers: {
        200: json('Alerts with their history of 7 days', answers.alerts, {
          active: [active],
          rules: [
            {
              rule: 'mongodb-down',
              severity: 'critical',
              condition: 'mongodb_up == 0',
              state: 'firing',
              value: 'down',
              runbook: active.runbook,
            },
          ],
          resolved: [],
          notifications: {
            counts: { pending: 0, dead: 0 },
            pending: [],
            dead: [],
            delivered: [
              {
                receiver: 'slack-alerts',
                kind: 'firing',
                alert: 'mongodb-down',
                severity: 'critical',
                summary: incident.summary,
                dedup_key: incident.dedup_key,
                created_at: '2026-11-21T09:14:00.000Z',
                attempts: 1,
                last_error: null,
                delivered_at: '2026-11-21T09:14:01.000Z',
              },
            ],
          },
          silences: [silence],
          scheduler: { last_run_at: '2026-11-21T09:21:00.000Z', last_outcome: 'ok', lag_seconds: 0 },
        }),
      },
    },
    'POST /admin/alerts/test': {
      operationId: 'testReceiver',
      summary: 'Send a receiver a test notification',
      access: 'admin',
      json: { example: { receiver: 'slack-alerts' }, fields: { receiver: 'Its name in the configuration' } },
      answers: {
        200: json('The receiver took it', answers.testAnswer, {
          receiver: 'slack-alerts',
          status: 200,
          body: 'ok',
        }),
      },
      errors: { 502: 'The receiver refused it, or did not answer' },
    },
    'POST /admin/alerts/:id/acknowledge': {
      operationId: 'acknowledgeAlert',
      summary: "Acknowledge an alert: stops its reminders and PagerDuty's escalation",
      access: 'admin',
      path: { id: { description: 'The id of the alert', example: 'mongodb-down' } },
      json: { example: { by: 'Ada', note: 'the primary is restarting' } },
      answers: { 200: json('Acknowledged', answers.alertIncident, incident) },
      errors: { 404: 'The alert does not fire, or there is none of this id' },
    },
    'GET /admin/silences': {
      operationId: 'listSilences',
      summary: 'What is silenced, until when and why',
      access: 'admin',
      answers: {
        200: json('The silences that hold', answers.silences, {
          silences: [{ ...silence, matches: ['mongodb-down'] }],
        }),
      },
    },
    'POST /admin/silences': {
      operationId: 'createSilence',
      summary: 'Keep alerts from being sent for some time',
      description:
        'At least one of `alert`, `severity` and `labels` says what to silence; all that is given must match. One of ' +
        '`until` and `for` says when it ends. Resolves are still sent.',
      access: 'admin',
      json: {
        example: { alert: 'mongodb-down', for: '1h', reason: 'upgrade', by: 'Ada' },
        fields: {
          alert: 'The id of an alert: of a rule, `monitor-<id>`, `scheduler-missed` or `monitors-missed`',
          labels: 'At most 20, with at most 1,000 characters in all',
          until: 'When it ends; at most a year from now',
          for: 'A duration such as `30m` or `4h`; at most `366d`',
        },
      },
      answers: {
        201: json('Silenced', answers.silenceWithMatches, { ...silence, matches: ['mongodb-down'] }),
      },
      errors: { 409: 'There are already 100 silences that have not ended' },
    },
    'DELETE /admin/silences/:id': {
      operationId: 'deleteSilence',
      summary: 'End a silence',
      access: 'admin',
      path: { id: { description: 'The id of the silence', example: silence.id } },
      answers: { 204: empty('Ended') },
      errors: { 404: 'No such silence' },
    },
  },
}
