import type { Receiver } from '../../alerts/receiver.ts'
import type { SlackConfig } from '../../config/receivers.ts'
import type { Fetch } from '../../lib/http-client.ts'
import { deliver, secretsOf } from '../http-outcome.ts'
import { slackMessage } from './message.ts'

/** Tells a Slack channel by its incoming webhook. Alerts of one run share a message. */
export function createSlackReceiver(config: SlackConfig, deps: { fetcher?: Fetch } = {}): Receiver {
  return {
    name: config.name,
    grouping: 'shared',
    deliver(notifications, now) {
      const url = config.webhookUrl.reveal()
      return deliver(
        {
          to: 'Slack',
          url,
          body: JSON.stringify(slackMessage(notifications)),
          secrets: secretsOf(url),
          knownErrors: KNOWN_ERRORS,
        },
        now,
        deps.fetcher,
      )
    },
  }
}

// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
const KNOWN_ERRORS = [
  'invalid_payload',
  'invalid_blocks',
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
  'too_many_attachments',
  'user_not_found',
  'rollup_error',
]
