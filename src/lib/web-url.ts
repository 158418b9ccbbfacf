/**
 * An http or https URL in its normal form, where everything odd is percent-encoded; undefined where the text is none,
 * or the form is longer than `maxLength`: a URL that was cut would lead elsewhere.
 */
export function webUrl(text: string | undefined, maxLength = 2_048): string | undefined {
  const url = text === undefined ? null : URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.href.length > maxLength) return undefined
  return url.href
}
