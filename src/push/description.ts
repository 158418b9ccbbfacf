import * as z from 'zod'
import type { Content, Operation, OperationGroup } from '../lib/openapi/operation.ts'
import { empty, json } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

const metrics: Content = {
  'text/plain': {
    schema: z.string().meta({ description: 'Prometheus text format 0.0.4' }),
    example: '# TYPE backup_duration_seconds gauge\nbackup_duration_seconds 42.5\n',
  },
  'application/openmetrics-text': {
    schema: z.string().meta({ description: 'OpenMetrics 1.0' }),
    example: '# TYPE backup_files counter\nbackup_files_total 1200\n# EOF\n',
  },
  'application/vnd.google.protobuf': {
    schema: z
      .unknown()
      .meta({ description: '`io.prometheus.client.MetricFamily` messages, each after its length' }),
  },
}

const job = { description: 'The name of the job', example: 'backup' }
const base64 = { description: 'The name of the job in base64 of the alphabet for URLs', example: 'YmFja3Vw' }
const label = {
  label: {
    description: 'The name of a further label of the group; with `@base64` after it, its value is base64',
    example: 'instance',
  },
  value: { description: 'The value of the label', example: 'db1' },
}

/** How a path of a group looks; the suffix tells the operations of each apart. */
const FORMS = [
  { at: '/metrics/job/{job}', suffix: '', path: { job } },
  { at: '/metrics/job/{job}/{label}/{value}', suffix: 'WithLabel', path: { job, ...label } },
] as const
const BASE64_FORMS = [
  { at: '/metrics/job@base64/{job}', suffix: 'Base64', path: { job: base64 } },
  {
    at: '/metrics/job@base64/{job}/{label}/{value}',
    suffix: 'Base64WithLabel',
    path: { job: base64, ...label },
  },
] as const

const LABELS =
  'Any number of pairs of label and value may follow in the path; together they identify the group.'

/** The operations of one method at each form of the path. */
const ofGroup = (forms: typeof FORMS | typeof BASE64_FORMS, operation: Operation): Operation[] =>
  forms.map(({ at, suffix, path }) => ({
    ...operation,
    at,
    path,
    operationId: operation.operationId + suffix,
    access: 'ingest',
  }))

const refusals = {
  400: 'The metrics do not parse, with the line, or do not go with others',
  413: 'The body is larger than 4 MiB, or there would be too many series',
  415: 'The body is compressed with something else than gzip',
}

const otlpError = (rpcCode: number, code: string, message: string) =>
  json(message, answers.otlpError, {
    code: rpcCode,
    message,
    error: { code, message, requestId: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11' },
  })

const replace: Operation = {
  operationId: 'replaceGroup',
  summary: 'Push metrics: all of the group is replaced',
  description: `As Pushgateway does. The body may be compressed with gzip. ${LABELS}`,
  body: metrics,
  answers: { 200: empty('Taken') },
  errors: refusals,
}

const update: Operation = {
  ...replace,
  operationId: 'updateGroup',
  summary: 'Push metrics: those of the same names are replaced',
}

const remove: Operation = {
  operationId: 'removeGroup',
  summary: 'Delete a group and its metrics',
  description: LABELS,
  answers: { 202: empty('Deleted, if there was one') },
  errors: { 400: 'The path names no group' },
}

/** The routes that take pushed metrics, and tell of them. */
export const pushOperations: OperationGroup = {
  tag: 'push',
  description: 'Metrics that applications push',
  operations: {
    'PUT /metrics/job/*': ofGroup(FORMS, replace),
    'POST /metrics/job/*': ofGroup(FORMS, update),
    'DELETE /metrics/job/*': ofGroup(FORMS, remove),
    'PUT /metrics/job@base64/*': ofGroup(BASE64_FORMS, replace),
    'POST /metrics/job@base64/*': ofGroup(BASE64_FORMS, update),
    'DELETE /metrics/job@base64/*': ofGroup(BASE64_FORMS, remove),
    'POST /v1/metrics': {
      operationId: 'exportMetrics',
      summary: 'OTLP/HTTP metrics in JSON',
      description: 'An `ExportMetricsServiceRequest`. The body may be compressed with gzip.',
      access: 'ingest',
      body: {
        'application/json': {
          schema: z.looseObject({
            resourceMetrics: z.array(z.looseObject({})).optional(),
          }),
          example: {
            resourceMetrics: [
              {
                resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
                scopeMetrics: [
                  {
                    metrics: [
                      {
                        name: 'queue.length',
                        gauge: { dataPoints: [{ timeUnixNano: '1795252440000000000', asInt: '7' }] },
                      },
                    ],
                  },
                ],
              },
            ],
          },
        },
      },
      answers: {
        200: json('Taken, all or in part', answers.exported, {}),
        400: otlpError(3, 'invalid_push', refusals[400]),
        401: otlpError(16, 'unauthorized', 'No valid token'),
        413: otlpError(8, 'too_large', refusals[413]),
        415: otlpError(3, 'unsupported_media_type', 'The body is not JSON'),
        429: otlpError(8, 'too_many_requests', 'Too many wrong tokens from this address'),
      },
    },
    'GET /admin/pushed': {
      operationId: 'listGroups',
      summary: 'What applications pushed, and when',
      access: 'admin',
      answers: {
        200: json('The groups', answers.groups, {
          groups: [
            {
              labels: { job: 'backup', instance: 'db1' },
              pushed_at: '2026-11-21T09:14:00.000Z',
              failed_at: null,
              expires_at: null,
              samples: 1,
              metrics: [{ name: 'backup_duration_seconds', type: 'gauge', help: '', samples: 1 }],
            },
          ],
        }),
      },
    },
    'DELETE /admin/pushed': {
      operationId: 'deleteGroup',
      summary: 'Delete the group that has exactly these labels',
      access: 'admin',
      query: {
        job,
        labels: {
          description: 'The other labels of the group, each as a parameter of its own',
          example: { instance: 'db1' },
          schema: z.record(z.string(), z.string()),
        },
      },
      answers: { 204: empty('Deleted') },
      errors: { 404: 'No group has exactly these labels' },
    },
  },
}
