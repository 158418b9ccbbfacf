import { describe, expect, it } from 'vitest'
import type { Incident } from '../../src/alerts/model.ts'
import { mergeIncidents } from '../../src/incidents/merge.ts'
import type { BookPage } from '../../src/incidents/model.ts'

const OF_MONITOR: Incident = {
  alert: 'monitor-api',
  monitor: { id: 'api', name: 'API health' },
  dedupKey: 'shop/monitor-api/1000',
  startedAtMs: 1000,
  severity: 'critical',
  labels: {},
  condition: 'down in more than half of its locations',
  summary: 'API health is down: got 503',
  told: ['pager'],
  timeline: [
    { atMs: 1000, kind: 'opened', text: 'API health is down: got 503' },
    { atMs: 1200, kind: 'told', receiver: 'pager', text: 'that it fires' },
  ],
}
const { monitor: _monitor, ...described } = OF_MONITOR
const OF_RULE: Incident = { ...described, alert: 'error-rate', dedupKey: 'x', startedAtMs: 900 }

describe('the list of incidents', () => {
  it('names those of monitors without the reason, and those of rules by their id', () => {
    expect(mergeIncidents([OF_RULE, OF_MONITOR], [])).toMatchObject([
      {
        id: 'monitor-api-1000',
        source: 'monitor',
        title: 'API health is down',
        stage: 'investigating',
        monitors: ['api'],
        alert: 'monitor-api',
        summary: 'API health is down: got 503',
        timeline: OF_MONITOR.timeline,
      },
      { id: 'error-rate-900', source: 'rule', title: 'Error rate', monitors: [] },
    ])
  })

  it('puts what people wrote among what happened, and takes their stage while it is open', () => {
    const page: BookPage = {
      id: 'monitor-api-1000',
      updates: [
        { atMs: 1100, stage: 'identified', text: 'a full disk', by: 'ada' },
        { atMs: 2500, stage: 'resolved', text: 'it was the disk' },
      ],
    }
    const [open] = mergeIncidents([OF_MONITOR], [{ ...page, updates: page.updates.slice(0, 1) }])
    expect(open?.stage).toBe('identified')
    expect(open?.timeline[1]).toEqual({
      atMs: 1100,
      kind: 'update',
      stage: 'identified',
      text: 'a full disk',
      by: 'ada',
    })
    const ended: Incident = {
      ...OF_MONITOR,
      resolvedAtMs: 2000,
      timeline: [...OF_MONITOR.timeline, { atMs: 2000, kind: 'resolved' }],
    }
    const [resolved] = mergeIncidents([ended], [page])
    expect(resolved?.stage).toBe('resolved')
    expect(resolved?.timeline.map(({ kind }) => kind)).toEqual([
      'opened',
      'update',
      'told',
      'resolved',
      'update',
    ])
  })

  it('has the runbook of what opened it', () => {
    const runbook = 'https://wiki.example/api'
    expect(mergeIncidents([{ ...OF_MONITOR, runbook }], [])[0]?.runbook).toBe(runbook)
  })

  it('says why nobody was told', () => {
    const heldBack = { by: 'dependency', reason: 'held back: Database is down' } as const
    expect(mergeIncidents([{ ...OF_MONITOR, heldBack }], [])[0]?.heldBack).toBe('held back: Database is down')
  })

  it('takes a title and monitors that a person gave', () => {
    const page = { id: 'error-rate-900', title: 'Checkout fails', monitors: ['shop'], updates: [] }
    expect(mergeIncidents([OF_RULE], [page])).toMatchObject([
      { source: 'rule', title: 'Checkout fails', monitors: ['shop'] },
    ])
  })

  it('leaves out what people wrote of an incident that is forgotten', () => {
    expect(mergeIncidents([], [{ id: 'error-rate-900', updates: [] }])).toEqual([])
  })
})
