/**
 * An http or https URL in its normal form, where everything odd is percent-encoded; undefined where the text is none,
 * or the form is longer than `maxLength`: a URL that was cut would lead elsewhere.
 */
export function webUrl(text: string | undefined, maxLength = 2_048): string | undefined {
  const url = text === undefined ? null : URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.href.length > maxLength) return undefined
  return url.href
}

/** Whether a URL names its host by an IP address; a loopback address doesn't count. */
export function hasIpHost({ hostname }: Pick<URL, 'hostname'>): boolean {
  if (hostname === '[::1]' || hostname.startsWith('127.')) return false
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname)
}
