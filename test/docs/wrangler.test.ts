import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const wrangler = unstable_readConfig({ config: 'wrangler.toml' })

it("keeps Cloudflare's cache away from the Worker, whose checks of itself would be answered from it", () => {
  const { cache, exports = {} } = wrangler
  expect(cache?.enabled ?? false).toBe(false)
  for (const entrypoint of Object.values(exports)) {
    expect(entrypoint).not.toMatchObject({ cache: { enabled: true } })
  }
})

it('keeps log lines, and no invocation logs besides', () => {
  expect(wrangler.observability?.logs).toMatchObject({
    enabled: true,
    invocation_logs: false,
    head_sampling_rate: 1,
  })
})
