import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Receiver } from '../../src/alerts/receiver.ts'
import type { Fetch } from '../../src/lib/http-client.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createPagerDutyReceiver } from '../../src/vendors/pagerduty/receiver.ts'
import { createSlackReceiver } from '../../src/vendors/slack/receiver.ts'
import { createWebhookReceiver } from '../../src/vendors/webhook/receiver.ts'
import { notification } from './notifications.ts'

const receivers: Record<string, (secret: string, fetcher: Fetch) => Receiver> = {
  pagerduty: (secret, fetcher) =>
    createPagerDutyReceiver(
      {
        name: 'p',
        type: 'pagerduty',
        routingKey: new Secret(secret),
        url: 'https://pd.example',
        whenUnset: 'fail',
      },
      { fetcher },
    ),
  slack: (secret, fetcher) =>
    createSlackReceiver(
      {
        name: 's',
        type: 'slack',
        webhookUrl: new Secret(`https://hooks.slack.example/services/${secret}`),
        whenUnset: 'fail',
      },
      { fetcher },
    ),
  'webhook by its secret': (secret, fetcher) =>
    createWebhookReceiver(
      {
        name: 'w',
        type: 'webhook',
        url: new Secret('https://w.example/in'),
        secret: new Secret(secret),
        whenUnset: 'fail',
      },
      { fetcher },
    ),
  'webhook by its URL': (secret, fetcher) =>
    createWebhookReceiver(
      {
        name: 'w',
        type: 'webhook',
        url: new Secret(`https://w.example/${secret}?key=${secret}`),
        secret: new Secret('another'),
        whenUnset: 'fail',
      },
      { fetcher },
    ),
}

/** Receivers that give away all they know, in every way to answer or not to. */
const indiscretion: fc.Arbitrary<Fetch> = fc.oneof(
  fc
    .record({
      status: fc.integer({ min: 200, max: 599 }),
      part: fc.constantFrom('url', 'path', 'body', 'all'),
    })
    .map(({ status, part }): Fetch => {
      return async (url, init) => {
        const parts = { url, path: `Cannot POST ${new URL(url).pathname}`, body: String(init.body) }
        const said = part === 'all' ? JSON.stringify({ url, ...init }) : parts[part as keyof typeof parts]
        const body = [204, 205, 304].includes(status) ? null : `invalid_payload ${said}`
        return new Response(body, { status, headers: { Location: url, 'Retry-After': url } })
      }
    }),
  fc.constantFrom<Fetch>(
    async (url, init) => {
      throw new Error(`connect ${url}`, { cause: init })
    },
    (url) => {
      throw new TypeError(url)
    },
    async (url) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.error(new Error(`reset ${url}`))
          },
        }),
      ),
  ),
)

it.each(Object.entries(receivers))('%s shows no secret, whatever goes wrong', async (_name, create) => {
  const kinds = fc.constantFrom('firing', 'reminder', 'resolved', 'test')
  // As services make them: long, of letters and digits.
  const secret = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/)
  await fc.assert(
    fc.asyncProperty(secret, indiscretion, kinds, async (hush, fetcher, kind) => {
      const receiver = create(hush, fetcher)
      const told = notification({ kind })
      const result = await receiver.deliver([told], told.startedAtMs)
      const shown = [
        JSON.stringify(receiver),
        inspect(receiver, { depth: 9 }),
        String(receiver),
        inspect(told),
      ]
      expect([...shown, JSON.stringify(result), inspect(result, { depth: 9 })].join('\n')).not.toContain(hush)
    }),
    { numRuns: 200 },
  )
})
