import * as z from 'zod'
import { adminOperations, dashboardOperations } from './admin/description.ts'
import { alertOperations } from './alerts/description.ts'
import { businessOperations } from './business/description.ts'
import { healthOperations } from './health/description.ts'
import { incidentOperations } from './incidents/description.ts'
import type { OperationGroup } from './lib/openapi/operation.ts'
import { json, list, page } from './lib/openapi/operation.ts'
import { metricsOperations } from './metrics/description.ts'
import { heartbeatOperations, monitorOperations } from './monitors/description.ts'
import { pushOperations } from './push/description.ts'
import { statusOperations } from './status/description.ts'

const about = z.object({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  environment: z.string(),
  disabled: list(z.string()).meta({ description: 'Parts that are switched off, because not configured' }),
  ignored_variables: list(z.string())
    .optional()
    .meta({ description: 'Variables whose value makes no sense, and whose default is used' }),
  links: list(z.object({ path: z.string(), tells: z.string(), access: z.enum(['public', 'token']) })),
})

const serviceOperations: OperationGroup = {
  tag: 'service',
  description: 'What this is',
  operations: {
    'GET /': {
      operationId: 'getAbout',
      summary: 'What this is, what is switched off, and where everything is',
      answers: {
        200: {
          description: 'About the service, in the media type that `Accept` asks for',
          content: {
            ...json('', about, {
              name: 'Edgewatch',
              description: 'Production monitoring on the edge: health, metrics, errors and alerts.',
              version: '0.1.0',
              environment: 'production',
              disabled: ['redis'],
              links: [
                {
                  path: '/health',
                  tells: 'Whether the service and what it needs are up',
                  access: 'public',
                },
              ],
            }).content,
            ...page('').content,
          },
        },
      },
    },
    'GET /openapi.json': {
      operationId: 'getDescription',
      summary: 'This document',
      answers: {
        200: json('The description of the HTTP API', z.looseObject({ openapi: z.string() }), {
          openapi: '3.1.1',
        }),
      },
    },
    'GET /test/error': {
      operationId: 'raiseError',
      summary: 'Raise an error, to see it where errors are reported',
      access: 'admin',
      answers: {},
      errors: { 500: 'Always' },
    },
  },
}

/** All routes of the service. */
export const API: readonly OperationGroup[] = [
  serviceOperations,
  healthOperations,
  metricsOperations,
  pushOperations,
  businessOperations,
  heartbeatOperations,
  statusOperations,
  adminOperations,
  alertOperations,
  incidentOperations,
  monitorOperations,
  dashboardOperations,
]
