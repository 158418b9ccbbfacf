import type { HttpResponse } from '../lib/http-client.ts'

/** What Cloudflare's own statuses mean, for the people who are paged. */
const REASONS: Readonly<Record<number, string>> = {
  520: 'the host gave an invalid response',
  521: 'the host refuses connections',
  522: "the host doesn't answer",
  524: "the host doesn't answer",
  525: 'the TLS handshake failed',
  526: 'the TLS certificate is invalid',
}
const UNREACHABLE = "the host can't be reached"
const UNRESOLVED = "the host name can't be resolved"

const FIRST_STATUS = 520
const LAST_STATUS = 530
/** Cloudflare's error pages name their code near the start. */
const MAX_SEARCHED = 4_000

/**
 * Why Cloudflare could not get a response from a host. A Worker that fetches an unreachable host often gets one of
 * Cloudflare's own responses, with a status from 520 to 530, instead of a failed fetch. Undefined for any other response,
 * including such a status without a sign of Cloudflare.
 *
 * A host behind Cloudflare may give the same response to everybody. Nothing in it tells the two apart, so the caller
 * treats it as a failed connection: down while there is a network, else unknown.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
export function cloudflareError({
  status,
  headers,
  body,
}: Pick<HttpResponse, 'status' | 'headers' | 'body'>): string | undefined {
  if (status < FIRST_STATUS || status > LAST_STATUS) return undefined
  const text = body.slice(0, MAX_SEARCHED)
  const isFromCloudflare =
    headers.has('CF-RAY') || headers.get('Server') === 'cloudflare' || /^error code: \d+\s*$/.test(text)
  if (!isFromCloudflare) return undefined
  // Status 530 comes with another code, which only the body has.
  const code = status === LAST_STATUS ? /error(?: code)?:? (1\d{3})\b/i.exec(text)?.[1] : undefined
  const reason = code === '1016' ? UNRESOLVED : (REASONS[status] ?? UNREACHABLE)
  return `${reason} (Cloudflare ${code ?? status})`
}
