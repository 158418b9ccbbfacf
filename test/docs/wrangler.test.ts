import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

it("keeps Cloudflare's cache away from the Worker, whose checks of itself would be answered from it", () => {
  const { cache, exports = {} } = unstable_readConfig({ config: 'wrangler.toml' })
  expect(cache?.enabled ?? false).toBe(false)
  for (const entrypoint of Object.values(exports)) {
    expect(entrypoint).not.toMatchObject({ cache: { enabled: true } })
  }
})
