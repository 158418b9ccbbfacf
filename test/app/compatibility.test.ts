import { expect, it } from 'vitest'

/** The flags that this Worker runs with: https://developers.cloudflare.com/workers/configuration/compatibility-flags/ */
const { compatibilityFlags } = (
  globalThis as unknown as { Cloudflare: { compatibilityFlags: Readonly<Record<string, boolean>> } }
).Cloudflare

it('fetches hosts of its own zone as the public does: a monitor would bypass Workers and the WAF', () => {
  expect(compatibilityFlags).toMatchObject({ global_fetch_strictly_public: true })
})
