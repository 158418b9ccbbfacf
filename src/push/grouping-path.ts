import type { GroupLabels, Refusable } from './model.ts'
import { groupLabels, Refused, refusable } from './model.ts'

const BASE64 = '@base64'
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/
/** They tell the parts of histograms and summaries apart. */
const SAMPLE_LABELS = ['le', 'quantile']

/**
 * The labels that a path such as `/metrics/job/backup/host/db1` names. After a label name that ends in `@base64` its
 * value is base64 in the alphabet for URLs, padded or not; a lone `=` is the empty value.
 * @param pathname as in the URL, percent-encoded
 * @see https://github.com/prometheus/pushgateway#url
 */
export function parseGroupingPath(pathname: string): Refusable<GroupLabels> {
  return refusable(() => {
    const [, , ...parts] = pathname.replace(/\/$/, '').split('/')
    const labels = new Map<string, string>()
    for (let index = 0; index < parts.length; index += 2) {
      const written = percentDecoded(parts[index]!)
      const isBase64 = written.endsWith(BASE64)
      const name = isBase64 ? written.slice(0, -BASE64.length) : written
      if (!LABEL_NAME.test(name) || SAMPLE_LABELS.includes(name)) {
        throw mistake(`${JSON.stringify(name)} can't be the name of a label of a group`)
      }
      if (labels.has(name)) throw mistake(`the label ${name} is given twice`)
      const value = parts[index + 1]
      if (value === undefined || value === '') {
        throw mistake(`the label ${name} has no value; an empty one is written ${name}${BASE64}/=`)
      }
      labels.set(name, isBase64 ? base64Decoded(name, value) : percentDecoded(value))
    }
    if (!labels.get('job')) throw mistake('the job must not be empty')
    return groupLabels(Object.fromEntries(labels))
  })
}

const mistake = (message: string): Refused => new Refused('invalid_push', message)

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw mistake(`${JSON.stringify(text)} in the path is not percent-encoded UTF-8`)
  }
}

function base64Decoded(name: string, value: string): string {
  const plain = percentDecoded(value).replace(/=+$/, '')
  try {
    if (/[^A-Za-z0-9_-]/.test(plain)) throw new Error('not of the alphabet for URLs')
    const binary = atob(plain.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw mistake(`the value of ${name} is not base64 of UTF-8 in the alphabet for URLs`)
  }
}
