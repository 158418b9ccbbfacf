// Before `npm run dev`, `deploy` and `check`: the configuration is checked as it is written, before any variable is known.
import written from '../edgewatch.config.ts'
import { checkConfig } from '../src/config/load.ts'
import { ConfigError } from '../src/config/mistakes.ts'

try {
  checkConfig(written)
  const monitors = counted(written.monitors, 'monitor')
  console.log(`edgewatch.config.ts is fine: ${monitors}, ${counted(written.alerts?.rules, 'rule')}`)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function counted(list: readonly unknown[] = [], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
}
