/**
 * A text cut to at most `maxLength` UTF-16 units, its end marked with `…`. Never leaves half of a surrogate pair.
 */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  if (maxLength <= 0) return ''
  let end = maxLength - 1
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end -= 1
  return `${text.slice(0, end)}…`
}

/** A text on one line of at most `maxLength` UTF-16 units: control characters become spaces, halves of pairs `�`. */
export function oneLine(text: string, maxLength: number): string {
  // A text far longer than that is not worked through to its end.
  const start = text.length > 4 * maxLength ? truncate(text, 4 * maxLength) : text
  return truncate(
    start
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
      .trim(),
    maxLength,
  )
}

/** Whether a text holds control characters, such as NUL; a text of several lines may hold line breaks and tabs. */
export const hasControlCharacters = (text: string, lines: 'one' | 'several'): boolean =>
  /\p{Cc}/u.test(lines === 'one' ? text : text.replaceAll(/[\n\r\t]/g, ''))

/** The form of an id for use in URLs, labels and logs. */
export const SLUG = /^[a-z0-9][a-z0-9_-]*$/
/** An id is part of PagerDuty's dedup key, which may have 255 characters. */
export const MAX_SLUG_LENGTH = 100

/** See `SLUG`. */
export const isSlug = (text: string): boolean => text.length <= MAX_SLUG_LENGTH && SLUG.test(text)

/** A name as it can stand in a URL: lower-case letters, digits and hyphens. Empty where the name has none of these. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
