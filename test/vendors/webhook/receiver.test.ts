import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
// @ts-expect-error: plain JavaScript, as readers copy it
import { verifyWebhook } from '../../../docs/verify-webhook.js'
import verifyCode from '../../../docs/verify-webhook.js?raw'
import docs from '../../../docs/webhook.md?raw'
import { Secret } from '../../../src/lib/secret.ts'
import { messageId, webhookBody } from '../../../src/vendors/webhook/message.ts'
import { createWebhookReceiver } from '../../../src/vendors/webhook/receiver.ts'
import { signature } from '../../../src/vendors/webhook/signature.ts'
import { startOwnInbox } from '../inbox.ts'
import { monstrousNotification, notification, STARTED_AT_MS } from '../notifications.ts'

let inbox: Awaited<ReturnType<typeof startOwnInbox>>
beforeAll(async () => {
  inbox = await startOwnInbox()
})

const receiver = () =>
  createWebhookReceiver({
    name: 'webhook',
    type: 'webhook',
    url: new Secret(inbox.vars.WEBHOOK_URL!),
    secret: new Secret(inbox.vars.WEBHOOK_SECRET!),
    whenUnset: 'fail',
  })

/** The code between fences of a language in docs/webhook.md. */
function codeIn(language: string): string {
  const code = docs.split(`\`\`\`${language}\n`)[1]?.split('\n```')[0]
  if (!code) throw new Error(`no ${language} in docs/webhook.md`)
  return code
}

describe('the webhook', () => {
  it('posts the documented body', async () => {
    expect((await receiver().deliver([notification()], STARTED_AT_MS)).ok).toBe(true)
    const [message] = await inbox.takeMessages()
    const documented = JSON.parse(codeIn('json'))
    expect(message?.body).toEqual(documented)
    expect(message?.headers['content-type']).toBe('application/json')
  })

  it('is verified by the documented Node code, and nothing else is', async () => {
    expect(codeIn('js')).toBe(verifyCode.trimEnd())
    const secret = inbox.vars.WEBHOOK_SECRET!
    await receiver().deliver([notification()], STARTED_AT_MS)
    const [{ headers, rawBody } = { headers: {}, rawBody: '' }] = await inbox.takeMessages()
    const now = STARTED_AT_MS / 1000
    expect(verifyWebhook(headers, rawBody!, secret, now)).toBe(true)
    expect(verifyWebhook(headers, rawBody!, secret, now + 299)).toBe(true)
    expect(verifyWebhook(headers, rawBody!, secret, now + 301)).toBe(false)
    expect(verifyWebhook(headers, rawBody!.replace('critical', 'info'), secret, now)).toBe(false)
    expect(verifyWebhook({ ...headers, 'webhook-id': 'msg_other' }, rawBody!, secret, now)).toBe(false)
    expect(verifyWebhook(headers, rawBody!, 'wrong', now)).toBe(false)
    expect(verifyWebhook({}, rawBody!, secret, now)).toBe(false)
  })

  it('keeps id and body at a retry, and signs anew', async () => {
    const told = notification({ kind: 'reminder', createdAtMs: STARTED_AT_MS + 5 })
    await receiver().deliver([told], STARTED_AT_MS)
    await receiver().deliver([told], STARTED_AT_MS + 90_000)
    await receiver().deliver([{ ...told, createdAtMs: STARTED_AT_MS + 6 }], STARTED_AT_MS + 90_000)
    const [first, retry, next] = await inbox.takeMessages()
    expect(retry?.rawBody).toBe(first?.rawBody)
    expect(retry?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(Number(retry?.headers['webhook-timestamp'])).toBe(STARTED_AT_MS / 1000 + 90)
    expect(retry?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature'])
    expect(next?.headers['webhook-id']).not.toBe(first?.headers['webhook-id'])
  })

  it("makes the standard's signature", async () => {
    // From the reference libraries' tests: github.com/standard-webhooks/standard-webhooks
    const signed = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
    }
    const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    expect(await signature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', signed)).toBe(expected)
  })

  it('signs with every secret that a config can hold', async () => {
    for (const secret of ['x', 'whsec_', 'whsec_!', '😀']) {
      expect(await signature(secret, { id: 'a', timestamp: '1', body: '' })).toMatch(
        /^v1,[A-Za-z0-9+/]{43}=$/,
      )
    }
  })

  it('stays small and whole, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(monstrousNotification, async (monster) => {
        const body = JSON.stringify(webhookBody(monster))
        expect(new TextEncoder().encode(body).byteLength).toBeLessThan(64 * 1024)
        expect(body).not.toMatch(/\\ud[89a-f]/i)
        expect(await messageId(monster)).toMatch(/^msg_[0-9a-f]{32}$/)
      }),
      { numRuns: 200 },
    )
  })
})
