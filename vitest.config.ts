import { builtinModules } from 'node:module'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { esmExternalRequirePlugin } from 'rolldown/plugins'
import { defineConfig } from 'vitest/config'

const nodeBuiltins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)]

/** For what hangs; a machine that is busy with something else may be slow. */
const TEST_TIMEOUT_MS = 30_000

export default defineConfig({
  test: {
    silent: 'passed-only',
    projects: [
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: inject('vars') },
          })),
        ],
        test: {
          name: 'worker',
          testTimeout: TEST_TIMEOUT_MS,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{docs,e2e,sandbox}/**'],
          globalSetup: './test/start-servers.ts',
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: ['mongodb'],
                rolldownOptions: {
                  platform: 'neutral',
                  external: nodeBuiltins,
                  plugins: [esmExternalRequirePlugin({ external: nodeBuiltins })],
                },
              },
            },
          },
        },
      },
      { test: { name: 'node', testTimeout: TEST_TIMEOUT_MS, include: ['test/{docs,sandbox}/**/*.test.ts'] } },
    ],
  },
})
