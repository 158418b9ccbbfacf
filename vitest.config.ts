import { builtinModules } from 'node:module'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { esmExternalRequirePlugin } from 'rolldown/plugins'
import { defineConfig } from 'vitest/config'

const nodeBuiltins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)]

export default defineConfig({
  test: {
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
      { test: { name: 'node', include: ['test/{docs,sandbox}/**/*.test.ts'] } },
    ],
  },
})
