import type { JSONValue } from 'json-p3'
import type { HeaderAssertion, HttpExpectation } from '../config/monitors.ts'
import type { BodyStart } from '../lib/body.ts'
import type { Excerpt, Mismatch } from './reason.ts'

/** The part of an HTTP answer that assertions are about. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** Assertions apply to what was read of it. */
  readonly body: BodyStart
}

/** The first thing about an answer that is not as expected; undefined where all is. Latency is judged elsewhere. */
export async function httpMismatch(
  { status, headers, body }: HttpAnswer,
  expect: Omit<HttpExpectation, 'maxLatencyMs'>,
  excerpt: Excerpt,
): Promise<Mismatch | undefined> {
  if (!expect.status.some((each) => coversStatus(each, status))) {
    return { expected: `status ${expect.status.join(' or ')}`, came: String(status) }
  }
  // Loaded on first use: RE2 and JSONPath would slow down every start of the Worker.
  const Pattern = expect.headers.some(({ matches }) => matches !== undefined)
    ? (await import('../lib/pattern.ts')).Pattern
    : undefined
  const isMatch = (pattern: string, text: string) => Pattern !== undefined && new Pattern(pattern).isIn(text)
  return (
    firstOf(expect.headers, (each) => headerMismatch(headers, each, isMatch, excerpt)) ??
    bodyMismatch(body, expect.body, excerpt) ??
    (expect.json.length > 0 ? await jsonBodyMismatch(body, expect.json, excerpt) : undefined)
  )
}

/** Whether a status is this one, of this class (`2xx`), or within this range (`200-299`). */
export function coversStatus(expected: number | string, status: number): boolean {
  const text = String(expected)
  if (text.endsWith('xx')) return Math.floor(status / 100) === Number(text[0])
  const [from, to = from] = text.split('-').map(Number)
  return status >= from! && status <= to!
}

/** What a header's value is isn't told: some are secrets. */
function headerMismatch(
  headers: Headers,
  { name, equals, contains, matches, exists }: HeaderAssertion,
  isMatch: (pattern: string, text: string) => boolean,
  excerpt: Excerpt,
): Mismatch | undefined {
  const value = headers.get(name)
  const subject = `header ${excerpt(name)}`
  const quoted = (text: string) => JSON.stringify(excerpt(text))
  const came = value === null ? 'none' : 'another value'
  if (exists === true && value === null) return { expected: subject, came }
  if (exists === false && value !== null) return { expected: `no ${subject}`, came: 'one' }
  if (equals !== undefined && value !== equals)
    return { expected: `${subject} to equal ${quoted(equals)}`, came }
  if (contains !== undefined && !value?.includes(contains))
    return { expected: `${subject} to contain ${quoted(contains)}`, came }
  if (matches !== undefined && (value === null || !isMatch(matches, value)))
    return { expected: `${subject} to match ${quoted(matches)}`, came }
  return undefined
}

function bodyMismatch(
  { text, isCut }: BodyStart,
  { contains, notContains }: HttpExpectation['body'],
  excerpt: Excerpt,
): Mismatch | undefined {
  const quoted = (part: string) => JSON.stringify(excerpt(part))
  const missing = contains.find((part) => !text.includes(part))
  if (missing !== undefined) {
    const came = `${text === '' ? 'an empty one' : quoted(text)}${isCut ? ` (${CUT})` : ''}`
    return { expected: `a body with ${quoted(missing)}`, came }
  }
  const unwanted = notContains.find((part) => text.includes(part))
  if (unwanted !== undefined) return { expected: `a body without ${quoted(unwanted)}`, came: 'one with it' }
  return undefined
}

async function jsonBodyMismatch(
  { text, isCut }: BodyStart,
  assertions: HttpExpectation['json'],
  excerpt: Excerpt,
): Promise<Mismatch | undefined> {
  const json = parse(text)
  if (json === undefined) {
    const came = text === '' ? 'an empty body' : JSON.stringify(excerpt(text))
    return { expected: 'JSON', came: isCut ? `a body that is cut (${CUT})` : came }
  }
  const { jsonMismatch } = await import('./json-assertion.ts')
  return firstOf(assertions, (each) => jsonMismatch(json, each, excerpt))
}

const CUT = 'only 1 MiB of it is read'

function parse(text: string): JSONValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined) {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
