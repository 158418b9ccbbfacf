import * as z from 'zod'
import { fetchedUrl, secretText, secretUrl, slug, whenUnset } from './text.ts'

const pagerduty = z.strictObject({
  name: slug,
  type: z.literal('pagerduty'),
  /** The integration key of a service (Events API v2). */
  routingKey: secretText,
  /** Another endpoint, for PagerDuty's EU region. */
  url: fetchedUrl.default('https://events.pagerduty.com/v2/enqueue'),
  whenUnset,
})

const slack = z.strictObject({
  name: slug,
  type: z.literal('slack'),
  /** An incoming webhook; it belongs to one channel. */
  webhookUrl: secretUrl,
  whenUnset,
})

const webhook = z.strictObject({
  name: slug,
  type: z.literal('webhook'),
  url: secretUrl,
  /** Signs each body with HMAC-SHA256, so that the receiver knows who sent it. */
  secret: secretText,
  whenUnset,
})

/** Somebody to tell: a PagerDuty service, a Slack channel or an HTTP endpoint. */
export const receiver = z.discriminatedUnion('type', [pagerduty, slack, webhook])

/** See `receiver`. */
export type ReceiverConfig = z.infer<typeof receiver>
export type PagerDutyConfig = z.infer<typeof pagerduty>
export type SlackConfig = z.infer<typeof slack>
export type WebhookConfig = z.infer<typeof webhook>
