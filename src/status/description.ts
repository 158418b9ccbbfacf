import type { OperationGroup } from '../lib/openapi/operation.ts'
import { json, page, text } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

const UNREACHABLE = 'The state of the monitors can not be read at the moment'

/** The routes of the public status page. */
export const statusOperations: OperationGroup = {
  tag: 'status',
  description: 'How everything is, for the public',
  operations: {
    'GET /status': {
      operationId: 'showStatusPage',
      summary: 'The status page',
      answers: { 200: page('The page'), 503: page(UNREACHABLE) },
    },
    'GET /status/:id': {
      operationId: 'showStatusOfMonitor',
      summary: 'The page of one public monitor',
      path: { id: { description: 'The id of the monitor', example: 'api-health' } },
      answers: {
        200: page('The page'),
        404: page('No such monitor, or not a public one'),
        503: page(UNREACHABLE),
      },
    },
    'GET /status.json': {
      operationId: 'getStatus',
      summary: 'The status page for programs',
      answers: {
        200: json('How everything is', answers.status, {
          title: 'Example',
          state: 'operational',
          description: 'All systems are operational',
          checked_at: '2026-11-21T09:20:03.000Z',
          outdated: false,
          monitors: [
            {
              id: 'api-health',
              name: 'API health',
              group: 'API',
              state: 'up',
              since: '2026-11-20T17:02:00.000Z',
              uptime_percent: { '7d': 99.98, '30d': 99.95, '90d': 99.97 },
              latency_ms: { p50: 62, p95: 140 },
              days: [{ date: '2026-11-21', state: 'up', uptime_percent: 100, down_seconds: 0 }],
            },
          ],
          incidents: [
            {
              id: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11',
              title: 'Uploads are slow',
              stage: 'resolved',
              started_at: '2026-11-20T16:40:00.000Z',
              resolved_at: '2026-11-20T17:02:00.000Z',
              monitors: ['api-health'],
              updates: [
                { at: '2026-11-20T17:02:00.000Z', stage: 'resolved', text: 'Uploads are as fast as before.' },
              ],
            },
          ],
          maintenance: [
            {
              title: 'Database upgrade',
              from: '2026-12-01T02:00:00.000Z',
              to: '2026-12-01T04:00:00.000Z',
              under_way: false,
              monitors: ['API health'],
            },
          ],
        }),
      },
      errors: { 503: UNREACHABLE },
    },
    'GET /status/feed.atom': {
      operationId: 'getAtomFeed',
      summary: 'Incidents and maintenance as an Atom feed',
      answers: { 200: text('application/atom+xml', 'The feed (RFC 4287)') },
      errors: { 503: UNREACHABLE },
    },
    'GET /status/feed.rss': {
      operationId: 'getRssFeed',
      summary: 'Incidents and maintenance as an RSS feed',
      answers: { 200: text('application/rss+xml', 'The feed (RSS 2.0)') },
      errors: { 503: UNREACHABLE },
    },
    'GET /badge/:badge': {
      operationId: 'getBadge',
      summary: 'A small picture with the state of a public monitor',
      at: '/badge/{id}.svg',
      path: { id: { description: 'The id of the monitor', example: 'api-health' } },
      query: { show: { description: 'What it tells; uptime is of 90 days', example: 'uptime' } },
      answers: { 200: text('image/svg+xml', 'The picture') },
      errors: { 404: 'No such badge', 503: UNREACHABLE },
    },
  },
}
