import type { MonitorOf } from '../config/monitors.ts'
import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import type { Fetch, HttpResponse } from '../lib/http-client.ts'
import { send } from '../lib/http-client.ts'
import type { Result } from '../lib/result.ts'
import { normalRecord } from './dns-record.ts'
import type { Finding } from './finding.ts'
import { findingByLatency } from './finding.ts'
import { excerptWithout, reasonOf, timedOutAfter } from './reason.ts'

/** What a DNS check uses. */
export interface DnsCheckTools {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly userAgent: string
}

/** Numbers of record types (https://www.iana.org/assignments/dns-parameters). */
export const RECORD_TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 }
const MAX_SHOWN_RECORDS = 3

/** The codes that tell of the name rather than of the resolver. */
const CODES: Readonly<Record<number, string>> = { 2: 'SERVFAIL', 3: 'NXDOMAIN' }

/**
 * Checks that a name has records of a type, or all those that are expected. A resolver that can't be reached, or that
 * refuses to answer, says nothing of the name: `unknown`.
 * https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
 */
export async function checkDns(
  check: Pick<MonitorOf<'dns'>, 'host' | 'record' | 'resolver' | 'timeout' | 'expect'>,
  { fetch, clock, userAgent }: DnsCheckTools,
): Promise<Finding> {
  const atMs = clock()
  const sent = await askResolver(check, check.timeout * SECOND_MS, { fetch, userAgent })
  const latencyMs = clock() - atMs
  const unknown = (why: string): Finding => ({ atMs, outcome: 'unknown', reason: `the resolver ${why}` })
  if (!sent.ok) {
    return unknown(sent.error.message === 'timed out' ? timedOutAfter(check.timeout) : 'gave no answer')
  }
  if (sent.value.status !== 200) return unknown(`answered with status ${sent.value.status}`)
  const answer = readAnswer(sent.value.body)
  if (!answer) return unknown('gave an answer that is not DNS in JSON')
  if (answer.Status !== 0 && !(answer.Status in CODES)) return unknown(`answered with code ${answer.Status}`)

  const wanted = check.expect.records
  const found = answer.Answer.filter(({ type }) => type === RECORD_TYPES[check.record]).map(
    ({ data }) => data,
  )
  const normal = new Set(found.map((data) => normalRecord(check.record, data)))
  const missing = wanted.find((data) => !normal.has(normalRecord(check.record, data)))
  if (answer.Status === 0 && missing === undefined && found.length > 0) {
    return findingByLatency(atMs, latencyMs, check.expect.maxLatencyMs)
  }
  const excerpt = excerptWithout([])
  const shown = found.slice(0, MAX_SHOWN_RECORDS).map(excerpt).join(', ')
  const more = found.length > MAX_SHOWN_RECORDS ? ` and ${found.length - MAX_SHOWN_RECORDS} more` : ''
  const expected = missing === undefined ? `${check.record} records` : `${check.record} ${excerpt(missing)}`
  const came = CODES[answer.Status] ?? (shown === '' ? 'none' : shown + more)
  return { atMs, outcome: 'failed', latencyMs, reason: reasonOf({ expected, came }) }
}

/** Asks a DNS-over-HTTPS server for records of a name. */
export function askResolver(
  { resolver, host, record }: Pick<MonitorOf<'dns'>, 'resolver' | 'host' | 'record'>,
  timeoutMs: number,
  { fetch, userAgent }: Pick<DnsCheckTools, 'fetch' | 'userAgent'>,
): Promise<Result<HttpResponse>> {
  const url = new URL(resolver)
  url.searchParams.set('name', host)
  url.searchParams.set('type', record)
  const headers = { Accept: 'application/dns-json', 'User-Agent': userAgent }
  return send({ url: url.href, headers, timeoutMs }, fetch)
}

/** What a DNS-over-HTTPS server answers. */
export interface DnsAnswer {
  readonly Status: number
  readonly Answer: readonly { readonly type: number; readonly data: string }[]
}

/** The answer of a DNS-over-HTTPS server; undefined if it is not DNS in JSON. */
export function readAnswer(text: string): DnsAnswer | undefined {
  try {
    const { Status, Answer = [] }: { Status?: unknown; Answer?: unknown } = JSON.parse(text) ?? {}
    if (!Number.isInteger(Status) || !Array.isArray(Answer) || !Answer.every(isRecord)) return undefined
    return { Status: Status as number, Answer }
  } catch {
    return undefined
  }
}

const isRecord = (item: unknown): item is DnsAnswer['Answer'][number] => {
  const { type, data } = (item ?? {}) as Partial<Record<'type' | 'data', unknown>>
  return typeof type === 'number' && typeof data === 'string'
}
