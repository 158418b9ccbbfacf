import { redactText } from '../lib/redact-text.ts'
import { REDACTED } from '../lib/secret.ts'
import { oneLine } from '../lib/text.ts'

/** What was expected, and what came instead. */
export interface Mismatch {
  readonly expected: string
  readonly came: string
}

/** Prepares text that came from elsewhere for a reason: hides what must not be shown, and bounds it. */
export type Excerpt = (text: string) => string

const MAX_REASON = 200
const MAX_EXCERPT = 60
/** What could still become an excerpt; a megabyte is not searched for its first line. */
const MAX_SEARCHED = 4_000
/** Shorter texts stand in others by chance. */
const MIN_HIDDEN = 6

const URLS = /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi

/**
 * Makes an `Excerpt` that hides credentials, URLs and these texts: a monitor's own secrets and its address, which a server
 * may well repeat, as they are or as they stand in a URL or in JSON.
 */
export function excerptWithout(hidden: readonly string[]): Excerpt {
  const all = hidden
    .filter((text) => text.length >= MIN_HIDDEN)
    .flatMap((text) => [text, encodeURIComponent(text.toWellFormed()), JSON.stringify(text).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    let shown = text.slice(0, MAX_SEARCHED)
    for (const each of all) shown = shown.replaceAll(each, REDACTED)
    return oneLine(redactText(shown).replaceAll(URLS, '[url]'), MAX_EXCERPT)
  }
}

/** Such as `expected status 2xx, got 503`, on one line. */
export const reasonOf = ({ expected, came }: Mismatch): string =>
  oneLine(`expected ${expected}, got ${came}`, MAX_REASON)

/** Such as `timed out after 30 s`. */
export const timedOutAfter = (seconds: number): string => `timed out after ${seconds} s`
