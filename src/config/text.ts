import * as z from 'zod'
import { parseDurationMs } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'

/** Whether a text still holds a `${NAME}` to be filled in at run time. */
const isTemplate = (text: string): boolean => /\$\{[^}]*\}/.test(text)

/** An http or https URL. A text with `${NAME}` in it is taken as it is, and checked when it is filled in. */
export const urlText = z.string().refine((text) => isTemplate(text) || isHttpUrl(text), {
  error: 'an http or https URL',
})

/** What people write. Spaces around it are taken off, and something must be left. */
export const requiredText = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1, { error: 'text that is not empty' })
    .max(maxLength, { error: `at most ${maxLength.toLocaleString('en')} characters` })

/** What people read in a line: a name, a title. */
export const lineText = (maxLength: number) =>
  requiredText(maxLength).regex(/^\P{Cc}*$/u, { error: 'text on one line' })

/** A host name or an IP address; a text with `${NAME}` in it is checked when it is filled in. */
export const hostText = z.string().refine((text) => isTemplate(text) || HOST.test(text), {
  error: 'a host name or an address, without scheme, port and path',
})

const HOST = /^([\p{L}\p{N}_.-]+|\[?[\da-f]*:[\da-f]*:[\da-f:.]*\]?)$/iu

/** A secret: not empty, and wrapped so that it can't be shown. Write `${NAME}` in a config file, never the secret. */
export const secretText = z
  .string()
  .min(1)
  .transform((text) => new Secret(text))

/** A URL that holds a secret, as Slack's do. */
export const secretUrl = urlText.transform((text) => new Secret(text))

/** A duration such as `30s`, `5m` or `4h`; milliseconds once parsed. */
export const durationMs = z.string().transform((text, context) => {
  const parsedMs = parseDurationMs(text)
  if (parsedMs !== undefined) return parsedMs
  context.addIssue({ code: 'custom', message: 'a duration such as "30s", "5m" or "4h"', input: text })
  return z.NEVER
})

/** What a thing is called in URLs, labels and logs. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]*$/, { error: 'lower-case letters, digits, - and _' })
  .max(100, { error: 'at most 100 characters' }) // it is part of PagerDuty's dedup key, which may have 255

/** A Prometheus label name that is not reserved (data model, "Metric names and labels"). */
export const labelName = z
  .string()
  .regex(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'a Prometheus label name' })

/**
 * What becomes of a part whose `${NAME}` is not set: `fail` makes it a mistake, `disable` switches the part off, and
 * the service says so. `fail` unless stated.
 */
export const whenUnset = z.enum(['fail', 'disable']).default('fail')

function isHttpUrl(text: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol)
  } catch {
    return false
  }
}
