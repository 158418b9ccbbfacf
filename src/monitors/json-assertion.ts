import { JSONPathRecursionLimitError, type JSONValue } from 'json-p3'
import type { JsonAssertion } from '../config/monitors.ts'
import { compileJsonPath } from '../lib/json-path.ts'
import { Pattern } from '../lib/pattern.ts'
import type { Excerpt, Mismatch } from './reason.ts'

/**
 * What is wrong with the values that the assertion's path finds. Where it finds several, all of them must be as
 * expected. Where it finds none, only `not` and `exists: false` hold.
 */
export function jsonMismatch(
  json: JSONValue,
  assertion: JsonAssertion,
  excerpt: Excerpt,
): Mismatch | undefined {
  const { path, exists, ...wanted } = assertion
  const subject = excerpt(path)
  let values: JSONValue[]
  try {
    values = compileJsonPath(path).query(json).values()
  } catch (error) {
    if (!(error instanceof JSONPathRecursionLimitError)) throw error
    return { expected: `a value at ${subject}`, came: 'JSON that is nested too deeply' }
  }
  const show = (value: JSONValue) => showValue(value, excerpt)

  if (exists === true && values.length === 0)
    return { expected: `${subject} to exist`, came: 'nothing there' }
  if (exists === false && values.length > 0) {
    return { expected: `${subject} not to exist`, came: show(values[0]!) }
  }
  for (const { isAsExpected, holdsForNothing, words } of expectationsOf(wanted, show)) {
    const expected = `${subject} ${words}`
    if (values.length === 0 && !holdsForNothing) return { expected, came: 'nothing there' }
    const wrong = values.find((value) => !isAsExpected(value))
    if (wrong !== undefined) return { expected, came: show(wrong) }
  }
  return undefined
}

interface Expectation {
  readonly words: string
  readonly isAsExpected: (value: JSONValue) => boolean
  readonly holdsForNothing?: true
}

function* expectationsOf(
  { equals, not, greater, less, matches }: Omit<JsonAssertion, 'path' | 'exists'>,
  show: (value: JSONValue) => string,
): Generator<Expectation> {
  if (equals !== undefined) {
    yield { words: `to equal ${show(equals)}`, isAsExpected: (value) => value === equals }
  }
  if (not !== undefined) {
    yield { words: `not to be ${show(not)}`, isAsExpected: (value) => value !== not, holdsForNothing: true }
  }
  if (greater !== undefined) {
    yield {
      words: `to be greater than ${greater}`,
      isAsExpected: (value) => typeof value === 'number' && value > greater,
    }
  }
  if (less !== undefined) {
    yield {
      words: `to be less than ${less}`,
      isAsExpected: (value) => typeof value === 'number' && value < less,
    }
  }
  if (matches !== undefined) {
    const pattern = new Pattern(matches)
    yield {
      words: `to match ${show(matches)}`,
      isAsExpected: (value) => typeof value !== 'object' && pattern.isIn(String(value)),
    }
  }
}

/** Of what has parts only its kind is shown. */
function showValue(value: JSONValue, excerpt: Excerpt): string {
  if (typeof value === 'string') return JSON.stringify(excerpt(value))
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' && value !== null ? 'an object' : excerpt(String(value))
}
