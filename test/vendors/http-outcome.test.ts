import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/lib/http-client.ts'
import { type Delivery, deliver } from '../../src/vendors/http-outcome.ts'

const NOW = Date.UTC(2026, 10, 21)
const delivery: Delivery = {
  to: 'X',
  url: 'https://x.example/hush',
  body: '{}',
  secrets: ['hush'],
  knownErrors: ['no_team'],
}
const answering = (status: number, body: string | null = null, headers = {}): Fetch => {
  return async () => new Response(body, { status, headers })
}

describe('what an answer means', () => {
  it.each([200, 201, 202, 204])('%i is accepted', async (status) => {
    const body = status === 204 ? null : 'fine'
    expect(await deliver(delivery, NOW, answering(status, body))).toEqual({
      ok: true,
      value: { status, body: body ?? '' },
    })
  })

  it.each([408, 429, 500, 502, 503, 504, 599])('%i may be better later', async (status) => {
    expect(await deliver(delivery, NOW, answering(status))).toEqual({
      ok: false,
      error: { message: `X answered ${status}`, retryable: true },
    })
  })

  it.each([400, 401, 403, 404, 410, 422])('%i will not', async (status) => {
    expect(await deliver(delivery, NOW, answering(status, 'secret details'))).toEqual({
      ok: false,
      error: { message: `X answered ${status}`, retryable: false },
    })
  })

  it('413 will not, but a smaller message may', async () => {
    expect(await deliver(delivery, NOW, answering(413))).toEqual({
      ok: false,
      error: { message: 'X answered 413', retryable: false, tooLarge: true },
    })
  })

  it('a request that the platform does not send is none', async () => {
    const limited: Fetch = async () => {
      throw new Error('Too many subrequests.')
    }
    expect(await deliver(delivery, NOW, limited)).toMatchObject({
      error: { retryable: true, unsent: true },
    })
  })

  it('a redirect will not, and is not followed', async () => {
    expect(await deliver(delivery, NOW, answering(302, null, { Location: 'https://evil.example' }))).toEqual({
      ok: false,
      error: { message: 'X answered 302: redirects are not followed', retryable: false },
    })
  })

  it('tells known errors, and how long to wait', async () => {
    expect(await deliver(delivery, NOW, answering(404, 'no_team'))).toMatchObject({
      error: { message: 'X answered 404: no_team' },
    })
    expect(await deliver(delivery, NOW, answering(429, null, { 'Retry-After': '7' }))).toMatchObject({
      error: { retryAfterMs: 7_000 },
    })
    const inAMinute = new Date(NOW + 60_000).toUTCString()
    expect(await deliver(delivery, NOW, answering(503, null, { 'Retry-After': inAMinute }))).toMatchObject({
      error: { retryAfterMs: 60_000 },
    })
  })

  it('no connection may be better later', async () => {
    const refused: Fetch = async () => {
      throw new TypeError('fetch failed: https://x.example/hush')
    }
    expect(await deliver(delivery, NOW, refused)).toEqual({
      ok: false,
      error: { message: 'X: no connection', retryable: true },
    })
  })

  it('goes by the status of an answer that is too long to read', async () => {
    const page = 'x'.repeat(2 * 1024 * 1024)
    expect(await deliver(delivery, NOW, answering(502, page))).toEqual({
      ok: false,
      error: { message: 'X answered 502', retryable: true },
    })
    expect(await deliver(delivery, NOW, answering(200, page))).toMatchObject({
      ok: true,
      value: { status: 200, body: expect.stringMatching(/^x{900,999}…$/) },
    })
  })

  it('does not read an answer without end', async () => {
    const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16 * 1024)) })
    const answer = await deliver(delivery, NOW, async () => new Response(endless, { status: 503 }))
    expect(answer).toEqual({ ok: false, error: { message: 'X answered 503', retryable: true } })
  })

  it('hides an answer that holds the secret', async () => {
    expect(await deliver(delivery, NOW, answering(200, 'you sent /hush'))).toMatchObject({
      value: { body: '[redacted]' },
    })
  })
})
