import { loadConfig } from './load.ts'
import type { Config } from './schema.ts'

/**
 * The configuration that is in force with these variables, showing none of them: where the text of a variable would
 * stand, there stands its name, as `${NAME}`. Their texts are not even read.
 * @throws ConfigError as `loadConfig` does.
 */
export function describeConfig(written: unknown, variables: Readonly<Record<string, unknown>>): Config {
  const names = Object.keys(variables).filter((name) => {
    const value = variables[name]
    return typeof value === 'string' && value !== ''
  })
  return loadConfig(written, Object.fromEntries(names.map((name) => [name, `\${${name}}`]))).config
}
