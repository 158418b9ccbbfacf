import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkOf } from '../../src/lib/client-network.ts'

describe('the network that an address counts for', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2::192.0.2.7', '2001:db8:1:2::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:0207', '192.0.2.7'],
    ['::192.0.2.7', '0:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each(['', 'unknown', ':', '1:2', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::', 'g::', '::ffff:1.2.3.999'])(
    'of %j, which is no address, is itself',
    (text) => {
      expect(networkOf(text)).toBe(text)
    },
  )

  it('is the same for all addresses of a /64, however they are written, and no other', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    const prefix = fc.tuple(group, group, group, group)
    const host = fc.tuple(group, group, group, group)
    fc.assert(
      fc.property(prefix, prefix, host, host, fc.boolean(), (a, b, one, two, short) => {
        fc.pre(a.join() !== '0,0,0,0' && b.join() !== '0,0,0,0')
        const write = (groups: readonly number[]) =>
          short
            ? new URL(`http://[${groups.map((each) => each.toString(16)).join(':')}]`).hostname.slice(1, -1)
            : groups.map((each) => each.toString(16).padStart(4, '0').toUpperCase()).join(':')
        const network = networkOf(write([...a, ...one]))
        expect(networkOf(write([...a, ...two]))).toBe(network)
        expect(networkOf(write([...b, ...one])) === network).toBe(a.join() === b.join())
      }),
    )
  })
})
