import type * as z from 'zod'
import { Secret } from '../lib/secret.ts'
import type { CompiledConfig, TextNote } from './compiled.ts'
import type { LoadedConfig } from './fill.ts'
import { fillConfig } from './fill.ts'
import type { Mistake } from './mistakes.ts'
import { ConfigError, formatPath, stepInto } from './mistakes.ts'
import type { ConfigInput } from './schema.ts'
import { configSchema } from './schema.ts'
import { NAMES, Template } from './text-rules.ts'

// Checks the configuration with Zod, for the build, scripts and tests. The Worker uses `fill.ts` only.

/** Types a configuration and returns it unchanged. */
export const defineConfig = (config: ConfigInput): ConfigInput => config

/**
 * Checks a configuration as it was written, before its `${NAME}`s are filled in.
 * @throws ConfigError with every mistake.
 */
export function checkConfig(written: unknown): void {
  parse(written)
}

/**
 * Checks a configuration, and turns it into what the Worker starts with.
 * @throws ConfigError with every mistake.
 */
export function compileConfig(written: unknown): CompiledConfig {
  const texts: Record<string, TextNote> = {}
  const flatten = (node: unknown, path: string): unknown => {
    if (node instanceof Secret || node instanceof Template) {
      const isSecret = node instanceof Secret
      const inner: unknown = isSecret ? node.reveal() : node
      const rule = inner instanceof Template ? inner.rule : undefined
      texts[path] = { ...(isSecret && { isSecret }), ...(rule && { rule }) }
      return flatten(String(inner), path)
    }
    if (typeof node === 'string' && canBeEmpty(node)) {
      const left = withoutText(written, path)
      if (left) texts[path] = { ...texts[path], whenEmpty: left }
    }
    if (Array.isArray(node)) return node.map((item, index) => flatten(item, stepInto(path, index)))
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, flatten(child, stepInto(path, key))]),
    )
  }
  return { config: flatten(parse(written), ''), texts }
}

/**
 * Checks a configuration and fills it in from the environment.
 * @throws ConfigError with every mistake, missing names among them.
 */
export const loadConfig = (written: unknown, variables: Readonly<Record<string, unknown>>): LoadedConfig =>
  fillConfig(compileConfig(written), variables)

function parse(written: unknown): z.output<typeof configSchema> {
  const parsed = configSchema.safeParse(written, { reportInput: true })
  const mistakes = [
    ...(parsed.error?.issues ?? []).flatMap(mistakesOf),
    ...malformedNames(written).map(({ path, text }) => ({
      path,
      found: describe(text),
      expected: 'a name of letters, digits and _ in ${NAME} or ${NAME:-default}',
    })),
  ]
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes)
  return parsed.data
}

/** Whether a text can come out empty: it consists of names with an empty default. */
const canBeEmpty = (text: string): boolean => text !== '' && text.replaceAll(/\$\{\w+:-\}/g, '') === ''

/** The value at a path if nothing is written there; undefined if something must be. */
function withoutText(written: unknown, path: string): { value?: unknown } | undefined {
  const at = (node: unknown, here: string): unknown => {
    if (here === path) return undefined
    if (Array.isArray(node)) return node.map((item, index) => at(item, stepInto(here, index)))
    if (!isRecord(node)) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, at(child, stepInto(here, key))]),
    )
  }
  const parsed = configSchema.safeParse(at(written, ''))
  if (!parsed.success) return undefined
  let found: unknown
  const find = (node: unknown, here: string): void => {
    if (here === path) found = node
    else if (typeof node === 'object' && node !== null) {
      for (const [key, child] of Object.entries(node)) {
        find(child, stepInto(here, Array.isArray(node) ? Number(key) : key))
      }
    }
  }
  find(parsed.data, '')
  return found === undefined ? {} : { value: found }
}

/** Strings with a `${` that doesn't start a `${NAME}` and would never be filled in. */
function malformedNames(value: unknown): { path: string; text: string }[] {
  const visit = (node: unknown, path: string): { path: string; text: string }[] => {
    if (typeof node === 'string') return node.replace(NAMES, '').includes('${') ? [{ path, text: node }] : []
    if (Array.isArray(node)) return node.flatMap((item, index) => visit(item, stepInto(path, index)))
    if (typeof node !== 'object' || node === null) return []
    return Object.entries(node).flatMap(([key, child]) => visit(child, stepInto(path, key)))
  }
  return visit(value, '')
}

function mistakesOf(issue: z.core.$ZodIssue): Mistake[] {
  const path = formatPath(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: stepInto(path, key),
      found: 'a key that does not exist',
      expected: 'it to be left out or spelt otherwise',
    }))
  }
  if (issue.code === 'invalid_union') {
    // Of the branches that are of the right type at all, the one with the fewest mistakes says most.
    const [closest] = issue.errors.filter(isAboutKeys).sort((a, b) => a.length - b.length)
    if (closest)
      return closest.flatMap((inner) => mistakesOf({ ...inner, path: [...issue.path, ...inner.path] }))
    if (issue.discriminator !== undefined && 'options' in issue && isRecord(issue.input)) {
      const found = describe(issue.input[issue.discriminator])
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
  return [{ path: path || '(top)', found: describe(issue.input), expected: expectation(issue) }]
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

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return JSON.stringify(value).slice(0, 80)
  }
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
