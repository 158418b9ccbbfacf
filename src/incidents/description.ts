import type * as z from 'zod'
import type { OperationGroup } from '../lib/openapi/operation.ts'
import { empty, json } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

const id = { description: 'The id of the incident', example: '0193551e-7c1a-7a52-9a3b-5f0f1f1c8b11' }

const incident: z.infer<typeof answers.incident> = {
  id: id.example,
  source: 'person',
  title: 'Uploads are slow',
  severity: 'warning',
  stage: 'investigating',
  monitors: ['api-health'],
  started_at: '2026-11-21T09:14:00.000Z',
  resolved_at: null,
  alert: null,
  public: true,
  publishes: null,
  published_as: null,
  summary: null,
  runbook: null,
  held_back: null,
  timeline: [
    {
      at: '2026-11-21T09:14:00.000Z',
      kind: 'update',
      text: 'We look into it.',
      receiver: null,
      by: 'Ada',
      stage: 'investigating',
    },
  ],
}

/** The routes of incidents. */
export const incidentOperations: OperationGroup = {
  tag: 'incidents',
  description: 'What happened, who was told, and what people wrote of it',
  operations: {
    'GET /admin/incidents': {
      operationId: 'listIncidents',
      summary: 'Open incidents and those of the last 90 days',
      access: 'admin',
      query: {
        monitor: {
          description: 'The name or id of a monitor: only its incidents',
          example: 'api-health',
        },
      },
      answers: {
        200: json('Incidents with their timelines', answers.incidents, {
          open: [incident],
          past: [],
          missing: [],
        }),
      },
    },
    'GET /admin/incidents/:id': {
      operationId: 'getIncident',
      summary: 'One incident',
      access: 'admin',
      path: { id },
      answers: { 200: json('The incident', answers.incident, incident) },
      errors: { 404: 'No such incident' },
    },
    'POST /admin/incidents': {
      operationId: 'postIncident',
      summary: 'Post an incident, or publish an internal one',
      description:
        'The status page shows it unless all its monitors are private. With `publishes` it is the public counterpart of an internal incident, such as one of a rule; the two stay linked, and the public never sees the internal one.',
      access: 'admin',
      json: {
        example: {
          title: 'Uploads are slow',
          message: 'We look into it.',
          monitors: ['API health'],
          by: 'Ada',
        },
        fields: { monitors: 'Names or ids', publishes: 'The id of an internal incident to publish' },
      },
      answers: { 201: json('Posted', answers.incident, incident) },
      errors: { 409: 'Too many incidents are open, or this one is already published' },
    },
    'POST /admin/incidents/:id/updates': {
      operationId: 'updateIncident',
      summary: 'Post an update',
      description: 'The status page shows it if `public` is true for the incident; else it is internal.',
      access: 'admin',
      path: { id },
      json: { example: { stage: 'resolved', message: 'Uploads are as fast as before.' } },
      answers: { 201: json('The incident with the update', answers.incident, incident) },
      errors: { 404: 'No such incident', 409: 'The incident is not at a stage for this update' },
    },
    'PATCH /admin/incidents/:id': {
      operationId: 'amendIncident',
      summary: 'Give an incident another title or other monitors',
      access: 'admin',
      path: { id },
      json: { example: { title: 'Uploads fail' }, fields: { monitors: 'Names or ids' } },
      answers: { 200: json('The incident as amended', answers.incident, incident) },
      errors: { 404: 'No such incident' },
    },
    'DELETE /admin/incidents/:id': {
      operationId: 'withdrawIncident',
      summary: 'Withdraw a posted incident',
      description: 'Removes it with its updates, from the status page and its feeds too.',
      access: 'admin',
      path: { id },
      answers: { 204: empty('Withdrawn') },
      errors: { 404: 'No such incident', 409: 'A monitor or a rule opened it' },
    },
  },
}
