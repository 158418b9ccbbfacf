import { formatDuration } from '../lib/duration.ts'
import { redact } from '../lib/redact.ts'
import { kindOfName } from '../lib/redact-text.ts'
import { REDACTED, Secret } from '../lib/secret.ts'

/** One setting: where it stands in the configuration, and what it is, as text. */
export interface Setting {
  readonly path: string
  readonly value: string
}

/** Settings that are durations; once parsed they are milliseconds. */
const DURATIONS = new Set(['idle', 'for', 'over', 'reminder', 'giveUpAfter', 'duration'])

/**
 * The settings within a part of the configuration, one for each value. Secrets are hidden by what they are and by
 * what they are called; what is only the name of a variable is shown.
 * @param name what the part is called.
 */
export function settingsOf(value: unknown, name: string, path = ''): Setting[] {
  if (value === undefined) return []
  const isTree = typeof value === 'object' && value !== null && !(value instanceof Secret)
  if (!isTree || kindOfName(name) === 'secret') return [{ path, value: textOf(value, name) }]
  const parts = Array.isArray(value)
    ? value.map((each, index) => [nameOf(each) ?? String(index + 1), each] as const)
    : Object.entries(value)
  if (parts.length === 0) return [{ path, value: 'none' }]
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) {
    return [{ path, value: value.map((each) => textOf(each, name)).join(', ') }]
  }
  return parts.flatMap(([key, each]) => settingsOf(each, key, path === '' ? key : `${path}.${key}`))
}

function textOf(value: unknown, name: string): string {
  if (value instanceof Secret) return isVariable(value.reveal()) ? value.reveal() : REDACTED
  if (typeof value === 'string' && isVariable(value)) return value
  if (typeof value === 'number' && DURATIONS.has(name)) return formatDuration(value)
  const shown = redact(value, name)
  return shown === '' ? 'empty' : String(shown)
}

const isVariable = (text: string): boolean => /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text)

/** Items of a list go by their name: their number says little to a person. */
function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { id, name } = item as { id?: unknown; name?: unknown }
  return [id, name].find((each) => typeof each === 'string' && each !== '') as string | undefined
}
