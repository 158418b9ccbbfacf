import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { pagerdutyErrors } from '../../../sandbox/inbox/pagerduty.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { acknowledgeEvent, resolveEvent, triggerEvent } from '../../../src/vendors/pagerduty/event.ts'
import { createPagerDutyReceiver } from '../../../src/vendors/pagerduty/receiver.ts'
import { startOwnInbox } from '../inbox.ts'
import { monstrousNotification, notification, STARTED_AT_MS } from '../notifications.ts'

let inbox: Awaited<ReturnType<typeof startOwnInbox>>
beforeAll(async () => {
  inbox = await startOwnInbox()
})

function receiver(routingKey = inbox.vars.PAGERDUTY_KEY!) {
  return createPagerDutyReceiver({
    name: 'pagerduty',
    type: 'pagerduty',
    routingKey: new Secret(routingKey),
    url: inbox.vars.PAGERDUTY_URL!,
    whenUnset: 'fail',
  })
}

describe('PagerDuty', () => {
  it('opens an incident', async () => {
    const delivered = await receiver().deliver([notification()], STARTED_AT_MS)
    expect(delivered).toMatchObject({ ok: true, value: { status: 202 } })
    const [message] = await inbox.takeMessages()
    expect(message?.body).toEqual({
      routing_key: expect.any(String),
      event_action: 'trigger',
      dedup_key: 'Edgewatch/error-rate/1763717400000',
      payload: {
        summary: 'High error rate detected: 7.2 % of requests fail',
        source: 'Edgewatch',
        severity: 'critical',
        timestamp: '2026-11-21T09:30:00.000Z',
        component: 'error-rate',
        group: 'production',
        class: 'error-rate',
        custom_details: {
          condition: 'error_ratio > 0.05 over 5m',
          value: '7.2 %',
          environment: 'production',
          labels: { team: 'platform' },
        },
      },
      links: [
        { href: 'https://wiki.example/errors?a=1&b=2', text: 'Runbook' },
        { href: 'https://watch.example/admin/pages/alerts?alert=error-rate', text: 'Edgewatch' },
      ],
      client: 'Edgewatch',
      client_url: 'https://watch.example/admin/pages/alerts?alert=error-rate',
    })
  })

  it('closes it under the same key', async () => {
    await receiver().deliver([notification({ kind: 'resolved', resolvedAtMs: STARTED_AT_MS })], STARTED_AT_MS)
    const [message] = await inbox.takeMessages()
    expect(message?.body).toMatchObject({
      event_action: 'resolve',
      dedup_key: 'Edgewatch/error-rate/1763717400000',
    })
  })

  it('acknowledges it under the same key, which stops its escalation', async () => {
    expect(receiver().showsAcknowledged).toBe(true)
    await receiver().deliver([notification({ kind: 'acknowledged' })], STARTED_AT_MS)
    const [message] = await inbox.takeMessages()
    expect(message).toMatchObject({
      status: 202,
      body: { event_action: 'acknowledge', dedup_key: 'Edgewatch/error-rate/1763717400000' },
    })
  })

  it('reminds under the same key', async () => {
    await receiver().deliver([notification({ kind: 'reminder' })], STARTED_AT_MS)
    const [message] = await inbox.takeMessages()
    expect(message?.body).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'Edgewatch/error-rate/1763717400000',
      payload: { custom_details: { reminder: 'still firing' } },
    })
  })

  it('leaves nothing open after a test', async () => {
    await receiver().deliver([notification({ kind: 'test' })], STARTED_AT_MS)
    const bodies = (await inbox.takeMessages()).map((message) => message.body)
    expect(bodies).toMatchObject([
      { event_action: 'trigger', payload: { severity: 'info' } },
      { event_action: 'resolve' },
    ])
  })

  it('tells of a wrong routing key', async () => {
    expect(await receiver('short').deliver([notification()], STARTED_AT_MS)).toEqual({
      ok: false,
      error: {
        message: "PagerDuty answered 400: Length of 'routing_key' is incorrect (should be 32 characters)",
        retryable: false,
      },
    })
  })

  it('is tried again while it is down', async () => {
    await inbox.breakServer('pagerduty', { mode: 'error' })
    const failed = await receiver().deliver([notification()], STARTED_AT_MS)
    await inbox.mendServer('pagerduty')
    expect(failed).toMatchObject({ ok: false, error: { retryable: true } })
  })

  it('takes every event, whatever is in it', () => {
    fc.assert(
      fc.property(monstrousNotification, (monster) => {
        for (const event of [triggerEvent(monster), acknowledgeEvent(monster), resolveEvent(monster)]) {
          const body = JSON.stringify({ routing_key: 'k'.repeat(32), ...event })
          expect(new TextEncoder().encode(body).byteLength).toBeLessThan(512 * 1024)
          expect(body.isWellFormed() && !/\\ud[89a-f]/i.test(body)).toBe(true)
          expect(pagerdutyErrors(JSON.parse(body))).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })
})
