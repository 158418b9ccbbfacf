import { parseDurationMs } from './duration.ts'
import type { Zod } from './lazy-schema.ts'
import { hasControlCharacters, MAX_SLUG_LENGTH, SLUG } from './text.ts'

// Schemas of the texts in requests.

/** A text that people write: trimmed, and not empty. */
export const requiredText = (z: Pick<Zod, 'string'>, maxLength: number) =>
  z
    .string()
    .trim()
    .min(1, { error: 'text that is not empty' })
    .max(maxLength, { error: `at most ${maxLength} characters` })

/** A text on one line: a name, a title. */
export const lineText = (z: Pick<Zod, 'string'>, maxLength: number) =>
  requiredText(z, maxLength).refine((text) => !hasControlCharacters(text, 'one'), {
    error: 'text on one line, without control characters',
  })

/** A text that may have several lines. */
export const multilineText = (z: Pick<Zod, 'string'>, maxLength: number) =>
  requiredText(z, maxLength).refine((text) => !hasControlCharacters(text, 'several'), {
    error: 'text without control characters',
  })

/** A duration above 0, such as `30m`; see `parseDurationMs`. */
export const durationText = (z: Pick<Zod, 'string'>) =>
  z.string().refine((text) => (parseDurationMs(text) ?? 0) > 0, { error: 'a duration such as "30m" or "4h"' })

/** See `SLUG`. */
export const slugText = (z: Pick<Zod, 'string'>) =>
  z
    .string()
    .regex(SLUG, { error: 'lower-case letters, digits, - and _' })
    .max(MAX_SLUG_LENGTH, { error: `at most ${MAX_SLUG_LENGTH} characters` })

/** A Prometheus label name that is not reserved (data model, "Metric names and labels"). */
export const labelNameText = (z: Pick<Zod, 'string'>) =>
  z
    .string()
    .regex(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'a Prometheus label name' })
    .max(200, { error: 'at most 200 characters' })
