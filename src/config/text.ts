import * as z from 'zod'
import { parseDurationMs } from '../lib/duration.ts'
import * as text from '../lib/request-text.ts'
import { Secret } from '../lib/secret.ts'
import type { TextRuleName } from './text-rules.ts'
import { broken, isTemplate, Template } from './text-rules.ts'

/**
 * Texts for which a rule holds. One with a `${NAME}` in it becomes a `Template`, which goes by the type of a text: only
 * what compiles the configuration meets it.
 */
const checkedBy =
  (rule: TextRuleName) =>
  (written: string, context: z.core.$RefinementCtx<string>): string => {
    if (isTemplate(written)) return new Template(written, rule) as never
    const expected = broken(rule, written)
    if (expected === undefined) return written
    context.addIssue({ code: 'custom', message: expected, input: written })
    return z.NEVER
  }

/** An http or https URL. */
export const urlText = z.string().transform(checkedBy('url'))

/**
 * A URL that the Worker fetches. Cloudflare refuses IP addresses (error 1003); loopback ones are for the sandbox, where
 * nothing refuses them.
 */
export const fetchedUrl = z.string().transform(checkedBy('fetchedUrl'))

/** The URL that a monitor fetches. */
export const monitoredUrlText = z.string().transform(checkedBy('monitoredUrl'))

/** A host name or an IP address. */
export const hostText = z.string().transform(checkedBy('host'))

/** A text on one line: a name, a title. */
export const lineText = (maxLength: number) => text.requiredText(z, maxLength).transform(checkedBy('line'))

/** A header's value: on one line, in Latin-1 characters. Wrapped, because many hold a token. */
export const headerValueText = z
  .string()
  .min(1)
  .transform(checkedBy('headerValue'))
  .transform((value) => new Secret(value))

/** A secret: not empty, and wrapped so that it can't be shown. Write `${NAME}` in a config file, never the secret. */
export const secretText = z
  .string()
  .min(1)
  .transform((value) => new Secret(value))

/** A URL that holds a secret, as Slack's do. */
export const secretUrl = fetchedUrl.transform((value) => new Secret(value))

/** A duration such as `30s`, `5m` or `4h`; milliseconds once parsed. */
export const durationMs = z.string().transform((written, context) => {
  const parsedMs = parseDurationMs(written)
  if (parsedMs !== undefined) return parsedMs
  context.addIssue({ code: 'custom', message: 'a duration such as "30s", "5m" or "4h"', input: written })
  return z.NEVER
})

/** See `slugText`. */
export const slug = text.slugText(z)

/** See `labelNameText`. */
export const labelName = text.labelNameText(z)

const MAX_LABELS_LENGTH = 10_000

/** Labels of an alert or a series. Each incident and notification holds them, in one row. */
export const labels = z
  .record(labelName, z.string())
  .refine((all) => JSON.stringify(all).length <= MAX_LABELS_LENGTH, {
    error: `labels with at most ${MAX_LABELS_LENGTH} characters in all`,
  })
  .default({})

const MAX_RUNBOOK_LENGTH = 2_000

/** The URL of what to do about the alert. */
export const runbook = urlText
  .refine((url) => String(url).length <= MAX_RUNBOOK_LENGTH, {
    error: `at most ${MAX_RUNBOOK_LENGTH} characters`,
  })
  .optional()

/**
 * What becomes of a part whose `${NAME}` is not set: `fail` makes it a mistake, `disable` switches the part off, and
 * the service says so. `fail` unless stated.
 */
export const whenUnset = z.enum(['fail', 'disable']).default('fail')
