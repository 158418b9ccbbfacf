import type { HttpResponse } from '../lib/http-client.ts'

/** What Cloudflare's own statuses say of a host, in words for who is paged. */
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
/** A page of Cloudflare's names its code early. */
const MAX_SEARCHED = 4_000

/**
 * Why Cloudflare could not get a response from a host, where it says so itself: to a Worker that fetches a host out of
 * reach it often gives a response of its own, with a status from 520 to 530, instead of a failed fetch. Undefined for
 * everything else, also for such a status without a sign of Cloudflare.
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
  // The status 530 stands for a code of its own, which only the body has.
  const code = status === LAST_STATUS ? /error(?: code)?:? (1\d{3})\b/i.exec(text)?.[1] : undefined
  const reason = code === '1016' ? UNRESOLVED : (REASONS[status] ?? UNREACHABLE)
  return `${reason} (Cloudflare ${code ?? status})`
}
