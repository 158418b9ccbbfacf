import type * as z from 'zod'
import type { DisabledPart } from './interpolate.ts'
import { interpolate, malformedNames } from './interpolate.ts'
import { monitorId } from './monitors.ts'
import type { Config, ConfigInput } from './schema.ts'
import { configSchema } from './schema.ts'

/** One thing that is wrong with a configuration. */
export interface Mistake {
  /** Such as `alerts.rules[2].threshold`. */
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** Thrown for a configuration that can't be used; names every mistake, and no value that came from a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map((each) => `  ${each.path}: found ${each.found}, expected ${each.expected}`)
    super(
      [
        `edgewatch.config.ts has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:`,
        ...lines,
      ].join('\n'),
    )
    this.mistakes = mistakes
  }
}

/** A configuration that is ready for use, and what is switched off in it for want of a variable. */
export interface LoadedConfig {
  readonly config: Config
  readonly disabled: readonly DisabledPart[]
}

/** Types a configuration and hands it on as it is: checking comes with `checkConfig` and `loadConfig`. */
export const defineConfig = (config: ConfigInput): ConfigInput => config

/**
 * Checks a configuration as it was written, before its `${NAME}`s are filled in.
 * @throws ConfigError with every mistake.
 */
export function checkConfig(written: unknown): void {
  const parsed = configSchema.safeParse(written, { reportInput: true })
  const mistakes = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => mistakesOf(issue, true)),
    ...malformedNames(written).map(({ path, text }) => ({
      path: formatPath(path),
      found: describe(text, true),
      expected: 'a name of letters, digits and _ in ${NAME} or ${NAME:-default}',
    })),
  ]
  if (mistakes.length > 0) throw new ConfigError(mistakes)
}

/**
 * Fills in `${NAME}`s from the environment and checks the result.
 * @throws ConfigError with every mistake, missing names among them.
 */
export function loadConfig(written: unknown, variables: Readonly<Record<string, unknown>>): LoadedConfig {
  checkConfig(written)
  const { value, missing, disabled } = interpolate(written, variables)
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map(({ path, name }) => ({
        path: formatPath(path),
        found: `\${${name}}, which is not set`,
        expected: `the variable or secret ${name}`,
      })),
    )
  }
  const parsed = configSchema.safeParse(withoutDeadNames(value, written), { reportInput: true })
  if (parsed.success) return { config: parsed.data, disabled }
  throw new ConfigError(parsed.error.issues.flatMap((issue) => mistakesOf(issue, false)))
}

/** What names parts that are switched off leaves them out; what `checkConfig` let pass is no mistake now. */
function withoutDeadNames(value: unknown, written: unknown): unknown {
  const filled = value as ConfigInput
  const whole = written as ConfigInput
  const isAlive = aliveNames(whole.alerts?.receivers, filled.alerts?.receivers, ({ name }) => [name])
  const isAliveMonitor = aliveNames(whole.monitors, filled.monitors, (each) => [each.name, monitorId(each)])

  const routes = filled.alerts?.routes
  const alerts = filled.alerts && {
    ...filled.alerts,
    ...(routes && {
      routes: Object.fromEntries(
        Object.entries(routes).map(([level, names]) => [level, names?.filter(isAlive)]),
      ),
    }),
    ...(filled.alerts.rules && {
      rules: filled.alerts.rules.filter(({ monitor }) => monitor === undefined || isAliveMonitor(monitor)),
    }),
  }
  return {
    ...filled,
    ...(alerts && { alerts }),
    ...(filled.monitors && {
      monitors: filled.monitors.map(
        (each) => (each?.dependsOn && { ...each, dependsOn: each.dependsOn.filter(isAliveMonitor) }) || each,
      ),
    }),
    // A window that names only what is switched off is for nothing; without names it would be for everything.
    ...(filled.maintenance && {
      maintenance: filled.maintenance.map((window) => {
        if (!window?.monitors?.length) return window
        const monitors = window.monitors.filter(isAliveMonitor)
        return monitors.length > 0 ? { ...window, monitors } : undefined
      }),
    }),
  }
}

/** Whether a name is not one of what was written and is now switched off. */
function aliveNames<Item>(
  written: readonly (Item | undefined)[] = [],
  filled: readonly (Item | undefined)[] = [],
  namesOf: (item: Item) => readonly string[],
): (name: string) => boolean {
  const allNames = (items: readonly (Item | undefined)[]) =>
    new Set(items.flatMap((item) => (item === undefined ? [] : namesOf(item))))
  const known = allNames(written)
  const alive = allNames(filled)
  return (name) => alive.has(name) || !known.has(name)
}

function mistakesOf(issue: z.core.$ZodIssue, showValues: boolean): Mistake[] {
  const path = formatPath(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: path === '(top)' ? key : `${path}.${key}`,
      found: 'a key that does not exist',
      expected: 'it to be left out or spelt otherwise',
    }))
  }
  if (issue.code === 'invalid_union') {
    // Of the branches that are of the right type at all, the one with the fewest mistakes says most.
    const [closest] = issue.errors.filter(isAboutKeys).sort((a, b) => a.length - b.length)
    if (closest) {
      return closest.flatMap((inner) =>
        mistakesOf({ ...inner, path: [...issue.path, ...inner.path] }, showValues),
      )
    }
    if (issue.discriminator !== undefined && 'options' in issue && isRecord(issue.input)) {
      const found = describe(issue.input[issue.discriminator], showValues)
      return [
        {
          path,
          found,
          expected: `one of ${(issue.options ?? [])
            .filter((each) => each !== undefined)
            .map(quoted)
            .join(', ')}`,
        },
      ]
    }
  }
  return [{ path, found: describe(issue.input, showValues), expected: expectation(issue) }]
}

/** Whether a branch of a union took the value for an object, and found mistakes inside. */
const isAboutKeys = (branch: readonly z.core.$ZodIssue[]): boolean =>
  branch.some(({ code, path }) => path.length > 0 || code === 'unrecognized_keys')

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const quoted = (value: unknown): string => JSON.stringify(value)

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_union':
      return issue.errors.flat().map(expectation).join(', or ') || issue.message
    case 'invalid_value':
      return `one of ${issue.values.map(quoted).join(', ')}`
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'invalid_key':
      return issue.issues.map(expectation).join(', and ')
    default:
      return issue.message.replace(/^Invalid (input|string): ?/, '')
  }
}

function describe(value: unknown, showValues: boolean): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (showValues && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')) {
    return JSON.stringify(value).slice(0, 80)
  }
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path)
    text += typeof part === 'number' ? `[${part}]` : `${text ? '.' : ''}${String(part)}`
  return text || '(top)'
}
