import { SECOND_MS } from '../lib/clock.ts'
import type { Fetch } from '../lib/http-client.ts'
import { send } from '../lib/http-client.ts'

const TIMEOUT_MS = 3 * SECOND_MS

/**
 * The Cloudflare data center that this runs in, by the code of its nearest airport, such as `FRA`, from a page that each data
 * center serves itself. Undefined if the page can't be read.
 * https://developers.cloudflare.com/fundamentals/reference/cdn-cgi-endpoint/
 */
export async function askColo(traceUrl: string, fetch: Fetch): Promise<string | undefined> {
  const sent = await send({ url: traceUrl, timeoutMs: TIMEOUT_MS }, fetch)
  return sent.ok ? /^colo=([A-Z]{3})$/m.exec(sent.value.body)?.[1] : undefined
}
