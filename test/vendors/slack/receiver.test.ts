import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { slackError } from '../../../sandbox/inbox/slack.ts'
import type { Notification } from '../../../src/alerts/receiver.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { fitsInMessage, slackMessage, slackText } from '../../../src/vendors/slack/message.ts'
import { escapeMrkdwn } from '../../../src/vendors/slack/mrkdwn.ts'
import { createSlackReceiver } from '../../../src/vendors/slack/receiver.ts'
import { startOwnInbox } from '../inbox.ts'
import { monstrousNotification, notification, STARTED_AT_MS } from '../notifications.ts'

interface Block {
  type: string
  text?: { type: string; text: string }
  elements?: { type: string; text: string }[]
}
interface Message {
  text: string
  blocks: Block[]
  attachments: { color?: string; blocks: Block[] }[]
}

let inbox: Awaited<ReturnType<typeof startOwnInbox>>
beforeAll(async () => {
  inbox = await startOwnInbox()
})

const message = (...all: [Notification, ...Notification[]]) => slackMessage(all) as Message

describe('a message', () => {
  it('tells of one alert', () => {
    expect(message(notification())).toEqual({
      text: '🔴 High error rate detected: 7.2 % of requests fail',
      blocks: [
        {
          type: 'header',
          text: { type: 'plain_text', text: '🔴 High error rate detected: 7.2 % of requests fail' },
        },
      ],
      attachments: [
        {
          color: '#d32f2f',
          blocks: [
            {
              type: 'context',
              elements: [
                {
                  type: 'mrkdwn',
                  text:
                    '*critical* · error_ratio &gt; 0.05 over 5m · value 7.2 % · ' +
                    'since <!date^1795253400^{date_short_pretty} {time}|2026-11-21 09:30 UTC> · ' +
                    'Edgewatch (production) · <https://wiki.example/errors?a=1&amp;b=2|Runbook> · ' +
                    '<https://watch.example/admin/pages/alerts?alert=error-rate|Open>',
                  verbatim: true,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('tells a title that is too long for a headline in full', () => {
    const summary = `${'very '.repeat(40)}slow`
    const { blocks, attachments } = message(notification({ summary }))
    expect(blocks[0]?.text?.text).toHaveLength(150)
    expect(attachments[0]?.blocks[0]?.text?.text).toBe(`🔴 ${summary}`)
  })

  it('tells that one is over, and how long it took', () => {
    const over = message(notification({ kind: 'resolved', resolvedAtMs: STARTED_AT_MS + 3_900_000 }))
    expect(over.text).toBe('✅ resolved: High error rate detected: 7.2 % of requests fail')
    expect(over.attachments[0]?.color).toBe('#2e7d32')
    expect(over.attachments[0]?.blocks[0]?.elements?.[0]?.text).toContain('for 1h 5m')
  })

  it('tells of several', () => {
    const several = message(
      notification({ kind: 'resolved', resolvedAtMs: STARTED_AT_MS }),
      notification({ severity: 'warning', summary: 'Slow' }),
      notification({ kind: 'reminder', severity: 'info', summary: 'Odd' }),
    )
    expect(several.blocks[0]?.text?.text).toBe('🟠 3 alerts: 1 firing, 1 still firing, 1 resolved')
    expect(several.attachments.map((each) => each.color)).toEqual(['#2e7d32', '#f9a825', '#1976d2'])
    expect(several.text.split('\n')).toHaveLength(4)
  })

  it('has room for twenty alerts, and for fewer where they are long', () => {
    const many = (count: number, summary: string) =>
      Array.from({ length: count }, () => notification({ summary })) as unknown as [Notification]
    expect(fitsInMessage(many(15, 'Slow'))).toBe(true)
    expect(fitsInMessage(many(21, ''))).toBe(false)
    expect(fitsInMessage(many(15, 'x'.repeat(900)))).toBe(false)
  })

  it('mentions nobody and formats no link of its own accord', () => {
    const text = JSON.stringify(
      message(notification({ summary: '<!channel> <https://evil.example|here> & co' }), notification())
        .attachments,
    )
    expect(text).toContain('&lt;!channel&gt; &lt;https://evil.example|here&gt; &amp; co')
    const { attachments } = message(notification({ runbook: 'https://x.example/a|b><!here>' }))
    expect(attachments[0]?.blocks.at(-1)?.elements?.[0]?.text).toContain(
      '<https://x.example/a%7Cb%3E%3C!here%3E|Runbook>',
    )
  })

  it('keeps every limit, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(monstrousNotification, { minLength: 1, maxLength: 20 }), (monsters) => {
        const sent = message(...(monsters as [Notification]))
        if (fitsInMessage(monsters as [Notification])) expect(slackError(sent)).toBeUndefined()
        for (const each of monsters) expect(slackError(slackText(each))).toBeUndefined()
        const blocks = [...sent.blocks, ...sent.attachments.flatMap((each) => each.blocks)]
        expect(blocks.length).toBeLessThanOrEqual(50)
        for (const block of blocks) expect(slackError({ text: sent.text, blocks: [block] })).toBeUndefined()
        expect(sent.text.length).toBeLessThanOrEqual(3_000)
        for (const block of blocks) {
          for (const { type, text } of [...(block.elements ?? []), ...(block.text ? [block.text] : [])]) {
            expect(text.isWellFormed() && text !== '').toBe(true)
            if (block.type === 'context') expect(text.length).toBeLessThanOrEqual(2_000)
            if (type !== 'mrkdwn') continue
            // What is left of the syntax is ours: dates and links.
            const ours =
              /<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d :-]+ UTC>|<[a-z]+:[^<>|\s]*\|(Runbook|Open)>/g
            expect(text.replaceAll(ours, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('cuts no escape in two', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '&', '<', '😀') }),
        fc.integer({ min: 1, max: 40 }),
        (text, max) => {
          const escaped = escapeMrkdwn(text, max)
          expect(escaped.length).toBeLessThanOrEqual(max)
          expect(escaped).toMatch(/^(a|&amp;|&lt;|😀)*…?$/u)
        },
      ),
    )
  })
})

describe('Slack', () => {
  const receiver = (url = inbox.vars.SLACK_WEBHOOK_URL!) =>
    createSlackReceiver({ name: 'slack', type: 'slack', webhookUrl: new Secret(url), whenUnset: 'fail' })

  it('takes a message', async () => {
    const accepted = await receiver().deliver([notification(), notification()], STARTED_AT_MS)
    expect(accepted).toEqual({ ok: true, value: { status: 200, body: 'ok' } })
    expect(await inbox.takeMessages()).toMatchObject([{ path: '/slack/alerts', status: 200 }])
  })

  it('is tried again when it says when', async () => {
    await inbox.breakServer('slack', { mode: 'error', status: 429, retryAfterSeconds: 30 })
    const failed = await receiver().deliver([notification()], STARTED_AT_MS)
    await inbox.mendServer('slack')
    expect(failed).toEqual({
      ok: false,
      error: { message: 'Slack answered 429', retryable: true, retryAfterMs: 30_000 },
    })
  })

  it.each([
    [404, 'no_service'],
    [403, 'action_prohibited'],
    [404, 'channel_not_found'],
    [410, 'channel_is_archived'],
  ])('%i %s is final', async (status, word) => {
    const slack = createSlackReceiver(
      { name: 'slack', type: 'slack', webhookUrl: new Secret('https://s.example/x'), whenUnset: 'fail' },
      { fetcher: async () => new Response(word, { status }) },
    )
    expect(await slack.deliver([notification()], STARTED_AT_MS)).toEqual({
      ok: false,
      error: { message: `Slack answered ${status}: ${word}`, retryable: false },
    })
  })
})
