import * as z from 'zod'
import type { Operation, OperationGroup, Parameter } from '../lib/openapi/operation.ts'
import { json, page, redirect } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'
import { TIME_RANGES } from './time-range.ts'

/** The admin API's own routes. */
export const adminOperations: OperationGroup = {
  tag: 'admin',
  description: 'The service at a glance',
  operations: {
    'GET /admin/metrics': {
      operationId: 'getOverview',
      summary: 'Requests by route, collections, cache, alerts and scheduler',
      description: 'Each part is read for itself, and may be `unavailable` or `disabled` for itself.',
      access: 'admin',
      answers: {
        200: json('The overview', answers.overview, {
          cache: { hits: 2, misses: 1, hit_rate: '66.67%' },
          database: { collections: [{ name: 'users', documents: 1200 }], total_documents: 1200 },
          requests: {
            window_seconds: 3600,
            routes: [
              {
                route: '/health',
                requests: 240,
                rate_per_second: 0.066667,
                error_ratio: 0,
                p50_ms: 3.1,
                p95_ms: 8.4,
                p99_ms: 9.6,
              },
            ],
          },
          alerts: { active: [], notifications: { pending: 0, dead: 0 } },
          scheduler: { last_run_at: '2026-11-21T09:21:00.000Z', last_outcome: 'ok', lag_seconds: 0 },
        }),
      },
    },
  },
}

const view = (
  operationId: string,
  summary: string,
  query?: Readonly<Record<string, Parameter>>,
): Operation => ({
  operationId,
  summary,
  access: 'admin',
  ...(query && { query }),
  answers: { 200: page('The page') },
})

const form = (operationId: string, summary: string, example: object): Operation => ({
  operationId,
  summary,
  access: 'admin',
  form: { example },
  answers: { 303: redirect('Back to the page, which says what came of it') },
})

/** As `form`, for those that go through routes of the API, which look at what is sent. */
const formOf = (operationId: string, summary: string, schema: z.ZodType, example: object): Operation => ({
  operationId,
  summary,
  access: 'admin',
  body: { 'application/x-www-form-urlencoded': { schema, example } },
  answers: { 303: redirect('Back to the page, which says what came of it') },
  errors: {
    400: 'Something is wrong with a field; people get the page with what they entered',
    404: 'There is no such thing any more',
    409: 'It can not be done as things stand',
  },
})

const someText = z.string()
const monitors = z.array(someText).optional()
const postedFields = {
  title: someText,
  message: someText,
  stage: someText.optional(),
  severity: someText.optional(),
  monitors,
  by: someText.optional(),
}
const incidentExample = 'error-rate-1795338000000'

const range: Parameter = {
  description: 'How far back',
  example: '24h',
  schema: z.enum(TIME_RANGES.map(({ name }) => name)).default('1h'),
}
const to: Parameter = { description: 'Where to go once signed in', example: '/admin/pages/alerts' }

/** The dashboard, for people. */
export const dashboardOperations: OperationGroup = {
  tag: 'dashboard',
  description: 'Pages for people, and what their forms do',
  operations: {
    'GET /admin/login': {
      operationId: 'showSignIn',
      summary: 'Where people sign in',
      query: { to },
      answers: {
        200: page('The page'),
        303: redirect('Signed in already'),
        307: redirect('To the same with https'),
        503: page('Switched off, because no token is configured'),
      },
    },
    'POST /admin/login': {
      operationId: 'signIn',
      summary: 'Sign in with an admin token',
      body: {
        'application/x-www-form-urlencoded': {
          schema: z.object({
            token: z.string(),
            to: z.string().optional(),
            action: z
              .string()
              .optional()
              .meta({ description: 'The path of a form that was sent after its session ended' }),
            kept: z
              .string()
              .optional()
              .meta({ description: 'Its fields, as application/x-www-form-urlencoded' }),
          }),
          example: { token: 'the-admin-token', to: to.example },
        },
      },
      answers: {
        200: page('Signed in: the kept form, to check and send again'),
        303: redirect('Signed in, with a session in a cookie'),
        400: page('No token was sent'),
        401: page('The token is not valid'),
        429: page('Too many wrong tokens from this address'),
        503: page('Switched off, because no token is configured'),
      },
    },
    'POST /admin/logout': {
      operationId: 'signOut',
      summary: 'Sign out',
      access: 'admin',
      answers: { 303: redirect('To where people sign in') },
    },
    'GET /admin': view('showOverview', 'The service at a glance'),
    'GET /admin/pages/requests': view('showRequests', 'Rate, errors and durations by route', {
      range,
      route: { description: 'One route', example: '/items/:id' },
    }),
    'GET /admin/pages/alerts': view('showAlerts', 'Alerts, silences and deliveries', {
      alert: { description: 'The id of an active alert to show first', example: 'mongodb-down' },
    }),
    'POST /admin/pages/alerts/acknowledge': form('acknowledgeFromPage', 'Acknowledge an alert', {
      alert: 'mongodb-down',
      note: 'the primary is restarting',
    }),
    'POST /admin/pages/alerts/silence': form('silenceFromPage', 'Silence an alert', {
      alert: 'mongodb-down',
      for: '1h',
      reason: 'upgrade',
    }),
    'POST /admin/pages/alerts/unsilence': form('unsilenceFromPage', 'End a silence', {
      id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11',
    }),
    'GET /admin/pages/incidents': view('showIncidents', 'Incidents, with internal and public updates', {
      incident: { description: 'The id of an incident, to see more of it', example: incidentExample },
    }),
    'POST /admin/pages/incidents/post': formOf(
      'postIncidentFromPage',
      'Post an incident',
      z.object(postedFields),
      { title: 'Slow search', message: 'We look into it.', stage: 'investigating', monitors: ['api-health'] },
    ),
    'POST /admin/pages/incidents/update': formOf(
      'updateIncidentFromPage',
      'Post an update of an incident',
      z.object({ id: someText, stage: someText, message: someText, by: someText.optional() }),
      { id: incidentExample, stage: 'identified', message: 'A full disk.' },
    ),
    'POST /admin/pages/incidents/publish': formOf(
      'publishIncidentFromPage',
      'Publish an internal incident',
      z.object({
        id: someText.meta({ description: 'The internal incident' }),
        ...postedFields,
      }),
      { id: incidentExample, title: 'Checkout fails', message: 'Some orders fail. We are working on it.' },
    ),
    'POST /admin/pages/incidents/withdraw': formOf(
      'withdrawIncidentFromPage',
      'Withdraw a posted incident',
      z.object({ id: someText }),
      { id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11' },
    ),
    'POST /admin/pages/incidents/amend': formOf(
      'amendIncidentFromPage',
      'Change the title or the monitors of an incident',
      z.object({ id: someText, title: someText, monitors }),
      { id: incidentExample, title: 'Search is slow', monitors: ['api-health'] },
    ),
    'POST /admin/pages/monitors/announce': formOf(
      'announceMaintenanceFromPage',
      'Announce maintenance',
      z.object({
        title: someText,
        from: someText.meta({ description: 'In UTC, such as `2026-12-01T02:00`' }),
        to: someText,
        monitors,
      }),
      { title: 'Database upgrade', from: '2026-12-01T02:00', to: '2026-12-01T03:00' },
    ),
    'POST /admin/pages/monitors/withdraw': formOf(
      'withdrawMaintenanceFromPage',
      'Withdraw announced maintenance',
      z.object({ id: someText }),
      { id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11' },
    ),
    'POST /admin/pages/business/refresh': {
      operationId: 'askBusinessFromPage',
      summary: 'Ask MongoDB for the business numbers now',
      access: 'admin',
      answers: { 303: redirect('Back to the page, which says what came of it') },
    },
    'GET /admin/pages/monitors': view('showMonitors', 'Monitors, maintenance and incidents', {
      monitor: { description: 'The id of a monitor, to see more of it', example: 'api-health' },
    }),
    'GET /admin/pages/dependencies': view('showDependencies', 'MongoDB and Redis'),
    'GET /admin/pages/cache': view('showCache', 'Cache hits and misses'),
    'GET /admin/pages/business': view('showBusiness', 'Active users, revenue, use of frameworks'),
    'GET /admin/pages/pushed': view('showPushed', 'Pushed groups'),
    'POST /admin/pages/pushed/delete': form('deleteGroupFromPage', 'Delete a pushed group', {
      labels: '{"job":"backup","instance":"db1"}',
    }),
    'GET /admin/pages/settings': view('showSettings', 'The configuration in force, without secrets'),
    'GET /admin/pages/links': view('showLinks', 'Where else to look'),
  },
}
