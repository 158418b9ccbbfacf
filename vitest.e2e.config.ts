import { defineConfig } from 'vitest/config'

/** Whole sandboxes, a real Prometheus and a real browser: one after another, for they share two cores. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
