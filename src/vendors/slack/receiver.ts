import type { Receiver } from '../../alerts/receiver.ts'
import type { SlackConfig } from '../../config/receivers.ts'
import type { Fetch } from '../../lib/http-client.ts'
import { deliver, secretsOf } from '../http-outcome.ts'
import { fitsInMessage, slackMessage, slackText } from './message.ts'

/**
 * Tells a Slack channel by its incoming webhook. Alerts of one run share messages. An alert whose message Slack refuses
 * for its size or form is sent once more, as plain text.
 */
export function createSlackReceiver(config: SlackConfig, deps: { fetcher?: Fetch } = {}): Receiver {
  const post = (message: object, now: number) => {
    const url = config.webhookUrl.reveal()
    const body = JSON.stringify(message)
    return deliver(
      {
        to: 'Slack',
        url,
        body,
        secrets: secretsOf(url),
        knownErrors: KNOWN_ERRORS,
        sizeErrors: SIZE_ERRORS,
      },
      now,
      deps.fetcher,
    )
  }
  return {
    name: config.name,
    grouping: 'shared',
    fits: fitsInMessage,
    async deliver(notifications, now) {
      const posted = await post(slackMessage(notifications), now)
      if (posted.ok || !posted.error.tooLarge || notifications.length > 1) return posted
      return post(slackText(notifications[0]), now)
    },
  }
}

/** Errors with which Slack refuses a message for its size or form. https://docs.slack.dev/reference/methods/chat.postMessage/ */
const SIZE_ERRORS = [
  'invalid_attachments',
  'invalid_blocks',
  'invalid_payload',
  'msg_blocks_too_long',
  'msg_too_long',
  'too_many_attachments',
]

// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
const KNOWN_ERRORS = [
  'invalid_token',
  'action_prohibited',
  'channel_not_found',
  'channel_is_archived',
  'no_active_hooks',
  'no_service',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'team_disabled',
  'user_not_found',
  'rollup_error',
]
