const GROUPS = 8
/** How many groups of an IPv6 address make up its /64. */
const NETWORK_GROUPS = 4
const MAPPED_PREFIX = '0:0:0:0:0:65535'

/**
 * What the attempts of a client are counted by: its IPv4 address, or the /64 network of its IPv6 address. Whoever has
 * one IPv6 address usually has the whole /64. An IPv4-mapped address (`::ffff:192.0.2.7`) counts as the IPv4 address.
 * @param address as in `CF-Connecting-IP`; a text that is no address is returned unchanged
 */
export function networkOf(address: string): string {
  const groups = ipv6Groups(address)
  if (!groups) return address
  if (groups.slice(0, 6).join(':') === MAPPED_PREFIX) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2); undefined for any other text. */
function ipv6Groups(address: string): number[] | undefined {
  if (!address.includes(':')) return undefined
  const [text = ''] = address.split('%') // without the zone
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  if (!before || !after) return undefined
  const missing = GROUPS - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...new Array<number>(missing).fill(0), ...after]
}

/** One side of a `::`; its last part may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':').flatMap((part, index, parts) => {
    if (index === parts.length - 1 && part.includes('.')) return ipv4Groups(part)
    return [/^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN]
  })
  return groups.some(Number.isNaN) ? undefined : groups
}

function ipv4Groups(text: string): number[] {
  const bytes = text.split('.').map((byte) => (/^\d{1,3}$/.test(byte) ? Number(byte) : Number.NaN))
  const [a, b, c, d] = bytes
  if (bytes.length !== 4 || bytes.some((byte) => !(byte <= 255))) return [Number.NaN]
  return [(a! << 8) | b!, (c! << 8) | d!]
}
