// Part of `npm run check`: the configuration is checked as it is written, before any variable is known.
import written from '../edgewatch.config.ts'
import { ConfigError, checkConfig } from '../src/config/load.ts'

try {
  checkConfig(written)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
