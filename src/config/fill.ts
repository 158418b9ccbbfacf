import { Secret } from '../lib/secret.ts'
import type { CompiledConfig, TextNote } from './compiled.ts'
import type { Mistake } from './mistakes.ts'
import { ConfigError, stepInto } from './mistakes.ts'
import type { Config } from './schema.ts'
import { broken, isTemplate, NAMES } from './text-rules.ts'

/** A part of the configuration that is switched off, because these names have no value. */
export interface DisabledPart {
  /** Such as `redis`, or `alerts.receivers.pagerduty`. */
  readonly part: string
  readonly missing: readonly string[]
}

/** A configuration that is ready for use, and its parts that are off because a variable is not set. */
export interface LoadedConfig {
  readonly config: Config
  readonly disabled: readonly DisabledPart[]
}

type Variables = Readonly<Record<string, unknown>>

/**
 * Fills `${NAME}` and `${NAME:-default}` in every text of a configuration from `variables`, and wraps its secrets.
 *
 * A name that is unset or empty and has no default is missing. An object that says `whenUnset: 'disable'` and has
 * missing names is left out, and so is whatever refers to it. A text that comes out empty, as `${NAME:-}` can, counts
 * as not written.
 * @throws ConfigError with every mistake, missing names among them.
 */
export function fillConfig(compiled: CompiledConfig, variables: Variables): LoadedConfig {
  const filling = new Filling(compiled.texts, variables)
  const filled = filling.visit(compiled.config, '') as FilledConfig
  if (filling.mistakes.length > 0) throw new ConfigError(filling.mistakes)
  return { config: withoutDisabled(filled, compiled.config as Config), disabled: filling.disabled }
}

/**
 * The configuration that is in force with these variables, showing none of them: where the text of a variable would
 * stand, there stands its name, as `${NAME}`. Their texts are not even read.
 * @throws ConfigError as `fillConfig` does.
 */
export function describeConfig(compiled: CompiledConfig, variables: Variables): Config {
  const names = Object.keys(variables).filter((name) => isSet(variables[name]))
  return fillConfig(compiled, Object.fromEntries(names.map((name) => [name, `\${${name}}`]))).config
}

const isSet = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** One pass over a configuration. */
class Filling {
  readonly mistakes: Mistake[] = []
  readonly disabled: DisabledPart[] = []
  readonly #missing: string[] = []
  readonly #texts: CompiledConfig['texts']
  readonly #variables: Variables

  constructor(texts: CompiledConfig['texts'], variables: Variables) {
    this.#texts = texts
    this.#variables = variables
  }

  /** A part with its texts filled in. What is left out of a list keeps its place, as undefined. */
  visit(node: unknown, path: string): unknown {
    if (typeof node === 'string') return this.#text(node, path)
    if (Array.isArray(node)) return node.map((item, index) => this.visit(item, stepInto(path, index)))
    if (typeof node !== 'object' || node === null) return node
    const mistakesBefore = this.mistakes.length
    const missingBefore = this.#missing.length
    const entries = Object.entries(node).map(
      ([key, child]) => [key, this.visit(child, stepInto(path, key))] as const,
    )
    if ('whenUnset' in node && node.whenUnset === 'disable' && this.#missing.length > missingBefore) {
      this.mistakes.length = mistakesBefore
      this.disabled.push({
        part: partName(path, node),
        missing: [...new Set(this.#missing.splice(missingBefore))],
      })
      return undefined
    }
    return Object.fromEntries(entries.filter(([, child]) => child !== undefined))
  }

  #text(text: string, path: string): unknown {
    const note = this.#texts[path]
    if (!text.includes('${')) return note?.isSecret ? new Secret(text) : text
    const filled = text.replace(NAMES, (whole, name: string, fallback?: string) => {
      const value = this.#variables[name]
      if (isSet(value)) return value
      if (fallback !== undefined) return fallback
      this.#missing.push(name)
      this.mistakes.push({
        path,
        found: `${whole}, which is not set`,
        expected: `the variable or secret ${name}`,
      })
      return whole
    })
    return filled === '' ? this.#empty(path, note) : this.#checked(filled, path, note)
  }

  #empty(path: string, note: TextNote | undefined): unknown {
    if (note?.whenEmpty) return note.whenEmpty.value
    this.mistakes.push({ path, found: 'nothing', expected: 'a text that is not empty' })
    return undefined
  }

  #checked(filled: string, path: string, note: TextNote | undefined): unknown {
    const expected = note?.rule !== undefined && !isTemplate(filled) ? broken(note.rule, filled) : undefined
    if (expected !== undefined) this.mistakes.push({ path, found: 'a value of type string', expected })
    return note?.isSecret ? new Secret(filled) : filled
  }
}

/** List items are named by their name: an index says little to a person. */
function partName(path: string, node: object): string {
  return 'name' in node && typeof node.name === 'string' ? path.replace(/\[\d+\]$/, `.${node.name}`) : path
}

/** A configuration in which items of lists that are switched off are undefined. */
type FilledConfig = Omit<Config, 'alerts' | 'monitors' | 'maintenance' | 'links'> & {
  readonly alerts: Omit<Config['alerts'], 'receivers'> & {
    readonly receivers: readonly (Config['alerts']['receivers'][number] | undefined)[]
  }
  readonly monitors: readonly (Config['monitors'][number] | undefined)[]
  readonly maintenance: readonly (Config['maintenance'][number] | undefined)[]
  readonly links: readonly (Config['links'][number] | undefined)[]
}

/** Takes out what is switched off, and what refers to it. */
function withoutDisabled(filled: FilledConfig, whole: Config): Config {
  const receivers = filled.alerts.receivers.filter((each) => each !== undefined)
  const monitors = filled.monitors.filter((each) => each !== undefined)
  const aliveReceivers = new Set(receivers.map(({ name }) => name))
  const deadMonitors = new Set(whole.monitors.flatMap(({ id, name }) => [id, name]))
  for (const { id, name } of monitors) {
    deadMonitors.delete(id)
    deadMonitors.delete(name)
  }
  const isAlive = (monitor: string) => !deadMonitors.has(monitor)
  const { critical, warning, info } = filled.alerts.routes
  const alive = (names: readonly string[]) => names.filter((name) => aliveReceivers.has(name))
  return {
    ...filled,
    monitors: monitors.map((each) => ({ ...each, dependsOn: each.dependsOn.filter(isAlive) })),
    alerts: {
      ...filled.alerts,
      receivers,
      routes: { critical: alive(critical), warning: alive(warning), info: alive(info) },
      rules: filled.alerts.rules.filter(({ monitor }) => monitor === undefined || isAlive(monitor)),
    },
    // A window that names only disabled monitors is dropped: without names it would apply to all.
    maintenance: filled.maintenance.flatMap((window) => {
      if (!window?.monitors.length) return window ? [window] : []
      const named = window.monitors.filter(isAlive)
      return named.length > 0 ? [{ ...window, monitors: named }] : []
    }),
    links: filled.links.filter((each) => each !== undefined),
  }
}
