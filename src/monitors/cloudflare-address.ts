import { DNS_RESOLVER } from '../config/dns-resolver.ts'
import { SECOND_MS } from '../lib/clock.ts'
import type { DnsCheckTools } from './dns-check.ts'
import { askResolver, RECORD_TYPES, readAnswer } from './dns-check.ts'

/** https://www.cloudflare.com/ips-v4, and the addresses of 1.1.1.1. */
const V4_RANGES =
  '173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18 190.93.240.0/20 188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13 131.0.72.0/22 1.1.1.0/24 1.0.0.0/24'
/** https://www.cloudflare.com/ips-v6 */
const V6_RANGES =
  '2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29 2c0f:f248::/32'

const RESOLVER_TIMEOUT_MS = 2 * SECOND_MS

/**
 * Whether a host, given by name or address, has one of Cloudflare's own addresses. False if the resolver doesn't answer:
 * missing knowledge must not hide an outage. Names behind Cloudflare have A records, so AAAA records are not asked for.
 */
export async function isCloudflareHost(
  host: string,
  tools: Pick<DnsCheckTools, 'fetch' | 'userAgent'>,
): Promise<boolean> {
  if (addressBits(host) !== undefined) return isCloudflareAddress(host)
  const question = { resolver: DNS_RESOLVER, host, record: 'A' } as const
  const sent = await askResolver(question, RESOLVER_TIMEOUT_MS, tools)
  const records = sent.ok ? (readAnswer(sent.value.body)?.Answer ?? []) : []
  return records.some(({ type, data }) => type === RECORD_TYPES.A && isCloudflareAddress(data))
}

function isCloudflareAddress(address: string): boolean {
  const bits = addressBits(address)
  if (bits === undefined) return false
  const ranges = address.includes(':') ? V6_RANGES : V4_RANGES
  return ranges.split(' ').some((range) => {
    const [first = '', length] = range.split('/')
    return bits.slice(0, Number(length)) === addressBits(first)?.slice(0, Number(length))
  })
}

/** The first 32 bits of an address as 0s and 1s, which is as long as any range; undefined for a name. */
function addressBits(host: string): string | undefined {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  const isV6 = address.includes(':')
  if (!isV6 && !/^\d+\.\d+\.\d+\.\d+$/.test(address)) return undefined
  const parts = address.split(isV6 ? ':' : '.').slice(0, isV6 ? 2 : 4)
  return parts
    .map((part) =>
      Number.parseInt(part || '0', isV6 ? 16 : 10)
        .toString(2)
        .padStart(isV6 ? 16 : 8, '0'),
    )
    .join('')
}
