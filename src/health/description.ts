import type * as z from 'zod'
import type { Answer, Operation, OperationGroup } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'
import { HEALTH_JSON } from './health-json.ts'

type HealthJson = z.infer<typeof answers.healthJson>

const draft = (status: HealthJson['status'], checks?: HealthJson['checks']): HealthJson => ({
  status,
  version: '0.1.0',
  releaseId: '7d6e2c1a',
  serviceId: 'Edgewatch',
  description: 'health of Edgewatch',
  ...(checks && { checks }),
})

/** An answer in both media types. */
const answer = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.output<Schema>,
  health: HealthJson,
): Answer => ({
  description,
  content: {
    'application/json': { schema, example },
    [HEALTH_JSON]: { schema: answers.healthJson, example: health },
  },
})

const database = (status: HealthJson['status']): HealthJson['checks'] => ({
  'mongodb:responseTime': [{ componentType: 'datastore', status, time: '2026-11-21T09:20:00.000Z' }],
})

/** Describes one document: an example where all is well, and one where the database is down. */
const operation = <Schema extends z.ZodType>(
  operationId: string,
  summary: string,
  schema: Schema,
  good: z.output<Schema>,
  bad: z.output<Schema>,
): Operation => ({
  operationId,
  summary,
  access: 'health',
  answers: {
    200: answer('Up, perhaps degraded', schema, good, draft('pass', database('pass'))),
    503: answer('Down', schema, bad, draft('fail', database('fail'))),
  },
})

const service = { version: '0.1.0', environment: 'production' } as const

/** The health routes. */
export const healthOperations: OperationGroup = {
  tag: 'health',
  description: 'What is up. As `application/health+json`, too, where `Accept` asks for it',
  operations: {
    'GET /health': operation(
      'getHealth',
      'Whether the service and what it needs are up',
      answers.health,
      {
        ...service,
        status: 'healthy',
        services: { database: 'connected', cache: 'connected', scheduler: 'running' },
      },
      {
        ...service,
        status: 'unhealthy',
        services: { database: 'disconnected', cache: 'connected', scheduler: 'running' },
      },
    ),
    'GET /health/ready': operation(
      'getReadiness',
      'For load balancers: ready for requests or not',
      answers.ready,
      { status: 'ready' },
      { status: 'not ready', reason: 'database not connected' },
    ),
    'GET /health/live': {
      operationId: 'getLiveness',
      summary: 'For orchestrators: alive or not',
      answers: { 200: answer('Alive', answers.live, { status: 'alive' }, draft('pass')) },
    },
    'GET /health/detailed': operation(
      'getDetailedHealth',
      'Every check, with numbers for admins',
      answers.detailed,
      {
        status: 'degraded',
        checks: {
          mongodb: 'healthy',
          redis: 'healthy',
          memory: 'warning',
          disk: 'healthy',
          scheduler: 'healthy',
          notifications: 'healthy',
        },
        metrics: { memory_percent: 86.1, mongodb_latency_ms: 4 },
        messages: { memory: 'redis uses 86 %' },
      },
      {
        status: 'unhealthy',
        checks: {
          mongodb: 'unhealthy',
          redis: 'healthy',
          memory: 'unknown',
          disk: 'unknown',
          scheduler: 'healthy',
          notifications: 'healthy',
        },
        metrics: {},
      },
    ),
  },
}
