import { redact, redactString } from '../lib/redact.ts'
import type { NameKind } from '../lib/redact-text.ts'
import { kindOfName, redactQuery } from '../lib/redact-text.ts'
import { truncate } from '../lib/text.ts'
import type { ActiveContext } from './context.ts'
import type { LogFields, LogLevel } from './model.ts'

/** One line before it is written. */
export interface LogLine {
  readonly timeMs: number
  readonly level: LogLevel
  readonly event: string
  readonly fields: LogFields | undefined
  readonly context: ActiveContext | undefined
}

/** Makes a line's text: one line, without its end. */
export type Format = (line: LogLine) => string

const MAX_LINE_LENGTH = 128 * 1024

/** JSON: `time`, `level`, `event`, the ids of the context, what stands on every line, then the fields. */
export function jsonFormat(everyLine: LogFields): Format {
  const taken = new Set([...CONTEXT_NAMES, ...Object.keys(everyLine)])
  const everyLineJson = fieldsJson(everyLine, new Set())
  return ({ timeMs, level, event, fields, context }) => {
    let start = `{"time":"${isoTime(timeMs)}","level":"${level}","event":${nameJson(event)}`
    if (context) start += contextJson(context)
    start += everyLineJson
    if (!fields) return `${start}}`
    const rest = fieldsJson(fields, taken)
    if (rest.length <= MAX_LINE_LENGTH) return `${start}${rest}}`
    return `${start},"fields_too_long":${json(redact(Object.keys(fields)))}}`
  }
}

/** Text for people: `2026-11-21 09:30:00 | INFO     | edgewatch | event name=value`; UTC. */
export function textFormat(everyLine: LogFields): Format {
  const service = textValue(redact(everyLine.service ?? 'edgewatch'))
  return ({ timeMs, level, event, fields, context }) => {
    const time = isoTime(timeMs).slice(0, 19).replace('T', ' ')
    const label = level === 'warn' ? 'WARNING' : level.toUpperCase()
    const named: LogFields = {
      ...fields,
      ...(context?.requestId && { request_id: context.requestId }),
      ...(context?.traceId && { trace_id: context.traceId }),
      ...(context?.spanId && { span_id: context.spanId }),
    }
    let line = `${time} | ${label.padEnd(8)} | ${service} | ${textValue(redactString(event))}`
    for (const name of Object.keys(named)) {
      if (named[name] === undefined) continue
      line += ` ${textValue(redactString(name, 256))}=${textValue(redact(named[name], name))}`
    }
    return truncate(line, MAX_LINE_LENGTH)
  }
}

const CONTEXT_NAMES = ['time', 'level', 'event', 'request_id', 'trace_id', 'span_id', 'cf_ray']

function contextJson({ requestId, traceId, spanId, cfRay }: ActiveContext): string {
  let text = ''
  if (requestId) text += `,"request_id":${stringJson(requestId)}`
  if (traceId) text += `,"trace_id":${stringJson(traceId)}`
  if (spanId) text += `,"span_id":${stringJson(spanId)}`
  if (cfRay) text += `,"cf_ray":${stringJson(cfRay)}`
  return text
}

function fieldsJson(fields: LogFields, taken: ReadonlySet<string>): string {
  let text = ''
  for (const name of Object.keys(fields)) {
    const known = knownName(name)
    const value = fieldJson(fields, name, known.kind)
    if (value === undefined) continue
    // A name that the line itself uses would stand twice, and readers differ in which they take.
    text += `,${taken.has(name) ? nameJson(`field_${name}`) : known.json}:${value}`
  }
  return text
}

function fieldJson(fields: LogFields, name: string, kind: NameKind): string | undefined {
  let value: unknown
  try {
    value = fields[name]
  } catch {
    return '"[unreadable]"'
  }
  // Numbers and short strings are nearly all there is, on every request: they take the short way.
  if (value === undefined) return undefined
  if (kind === 'other') {
    if (typeof value === 'number' && Number.isFinite(value)) return String(value)
    if (typeof value === 'string') return stringJson(value)
  } else if (kind === 'query' && typeof value === 'string') {
    return value === '' ? '""' : stringJson(redactQuery(value), HARMLESS_QUERY)
  }
  return json(redact(value, name))
}

/** Nothing in such a string is to be escaped or hidden: no host, token or name with a value has this form. */
const HARMLESS = /^(?:[\w-]|\/:?)*$/
/** The same of a query string whose values are hidden. */
const HARMLESS_QUERY = /^\??[\w-]*(?:=\[redacted\])?(?:&[\w-]*(?:=\[redacted\])?)*$/

function stringJson(text: string, harmless = HARMLESS): string {
  if (text.length < 1024 && harmless.test(text)) return `"${text}"`
  return json(redactString(text))
}

/** What is worked out once for a name of a field or of an event. */
interface KnownName {
  readonly json: string
  readonly kind: NameKind
}

// Names stand in the code, so there are few. Where somebody makes them up at run time, no more are kept.
const MAX_KNOWN_NAMES = 1_000
const knownNames = new Map<string, KnownName>()

function knownName(name: string): KnownName {
  const known = knownNames.get(name)
  if (known) return known
  const made = { json: json(redactString(String(name), 256)), kind: kindOfName(String(name)) }
  if (knownNames.size < MAX_KNOWN_NAMES && name.length <= 256) knownNames.set(name, made)
  return made
}

const nameJson = (name: string): string => knownName(name).json

function textValue(value: unknown): string {
  if (typeof value !== 'string') return json(value)
  return /^[^\s"=|\\\p{C}]+$/u.test(value) ? value : json(value)
}

// JSON leaves these as they are, but some readers end a line at them; DEL and the C1 controls steer terminals.
const LINE_BREAKERS = /[\u007f-\u009f\u2028\u2029]/g

/** JSON on one line, whoever reads it. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(
    LINE_BREAKERS,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

let lastTimeMs = Number.NaN
let lastIsoTime = ''

/** ISO 8601 of a time. Kept until the time changes: on Workers the clock stands still between I/O. */
function isoTime(timeMs: number): string {
  if (timeMs !== lastTimeMs) {
    lastIsoTime = new Date(timeMs).toISOString()
    lastTimeMs = timeMs
  }
  return lastIsoTime
}
