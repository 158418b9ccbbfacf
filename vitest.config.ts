import { builtinModules } from 'node:module'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { esmExternalRequirePlugin } from 'rolldown/plugins'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import type { InlineConfig } from 'vitest/node'
import written from './edgewatch.config.ts'
import { CONFIG_MODULE, configModule } from './scripts/bundle.ts'
import { compileConfig } from './src/config/load.ts'

const nodeBuiltins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)]

/** For what hangs; a machine that is busy with something else may be slow. */
const TEST_TIMEOUT_MS = 30_000

/** Files that give the Worker other variables: each of them has a Worker to itself. */
const OWN_VARIABLES = ['test/business/routes.test.ts']

/** Tests in workerd, with the servers of the sandbox. */
const inWorkerd = (test: InlineConfig): TestProjectConfiguration => ({
  plugins: [
    {
      name: 'edgewatch-config',
      resolveId: (id) => (id === CONFIG_MODULE ? `\0${id}` : undefined),
      load: (id) => (id === `\0${CONFIG_MODULE}` ? configModule(compileConfig(written)) : undefined),
    },
    cloudflareTest(({ inject }) => ({
      main: './src/index.ts',
      wrangler: { configPath: './wrangler.toml' },
      miniflare: { bindings: inject('vars') },
    })),
  ],
  test: {
    testTimeout: TEST_TIMEOUT_MS,
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
    ...test,
  },
})

export default defineConfig({
  test: {
    silent: 'passed-only',
    projects: [
      // The files share a Worker, which spares each of them to load it anew: two thirds of the time.
      inWorkerd({
        name: 'worker',
        isolate: false,
        setupFiles: ['./test/isolation/setup.ts'],
        include: ['test/**/*.test.{ts,tsx}'],
        exclude: ['test/{bench,docs,e2e,sandbox,scripts}/**', ...OWN_VARIABLES],
      }),
      inWorkerd({ name: 'variables', include: OWN_VARIABLES }),
      {
        test: {
          name: 'node',
          testTimeout: TEST_TIMEOUT_MS,
          include: ['test/{bench,docs,sandbox,scripts}/**/*.test.ts'],
        },
      },
    ],
  },
})
