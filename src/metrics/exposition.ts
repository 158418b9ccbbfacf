import { parseAccept } from 'hono/utils/accept'
import type { Numbers, Series, Shape } from './series.ts'
import { isInfo } from './series.ts'

/** `text`: Prometheus text 0.0.4. `openmetrics`: OpenMetrics 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics'

/** The media type of each format, as a `Content-Type`. */
export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** A metric to show. */
export interface ExposedFamily extends Shape {
  readonly help: string
  readonly series: ReadonlyMap<string, Series>
}

/**
 * The format that an `Accept` header asks for: OpenMetrics where it is named with version 1.0.0 (or none) and
 * preferred, as Prometheus does, else text.
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  // Sorted by q already.
  for (const { type, params, q } of parseAccept(accept ?? '')) {
    if (q === 0) continue
    const mediaType = type.toLowerCase()
    const { version } = params
    if (mediaType === 'application/openmetrics-text' && (version ?? '1.0.0') === '1.0.0') return 'openmetrics'
    if (mediaType === 'text/plain' && (version ?? '0.0.4') === '0.0.4') return 'text'
    if (mediaType === 'text/*' || mediaType === '*/*') return 'text'
  }
  return 'text'
}

/**
 * Metrics as text, families by name and series by labels, so that equal metrics give equal text.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function renderExposition(families: readonly ExposedFamily[], format: ExpositionFormat): string {
  const sorted = families
    .filter((family) => family.series.size > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  let text = ''
  for (const family of sorted) text += familyHeader(typed(family), format) + samples(family)
  return format === 'openmetrics' ? `${text}# EOF\n` : text
}

/**
 * What stands above the samples of a metric.
 * @param type as the text format names it, or `info`; in OpenMetrics `untyped` is `unknown`, and so is a counter
 *   without `_total`, which has no counters like that
 */
export function familyHeader(
  { name, type, help }: { readonly name: string; readonly type: string; readonly help: string },
  format: ExpositionFormat,
): string {
  if (format === 'text') {
    return `${help && `# HELP ${name} ${escapeText(help)}\n`}# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`
  }
  // OpenMetrics names the family without the suffix that its samples have.
  const suffix = OPENMETRICS_SUFFIXES[type] ?? ''
  const isPlain = type === 'untyped' || !name.endsWith(suffix) || name === suffix
  const base = isPlain ? name : name.slice(0, name.length - suffix.length)
  const unit = /_(seconds|bytes)$/.exec(base)?.[1]
  return (
    `# TYPE ${base} ${isPlain ? 'unknown' : type}\n${unit ? `# UNIT ${base} ${unit}\n` : ''}` +
    (help && `# HELP ${base} ${escapeLabelValue(help)}\n`)
  )
}

const OPENMETRICS_SUFFIXES: Readonly<Record<string, string>> = { counter: '_total', info: '_info' }

const typed = (family: ExposedFamily) => (isInfo(family) ? { ...family, type: 'info' } : family)

function samples(family: ExposedFamily): string {
  const lines: { labels: string; numbers: Numbers }[] = []
  for (const { values, numbers } of family.series.values()) {
    lines.push({ labels: labelText(family.labels, values), numbers })
  }
  lines.sort((a, b) => (a.labels < b.labels ? -1 : 1))

  const { name } = family
  let text = ''
  if (family.type !== 'histogram') {
    for (const { labels, numbers } of lines) {
      text += `${name}${labels === '' ? '' : `{${labels}}`} ${formatNumber(numbers[0]!)}\n`
    }
    return text
  }
  const bounds = [...family.bounds.map(formatBound), '+Inf'].map((bound) => `le="${bound}"} `)
  for (const { labels, numbers } of lines) {
    const bucket = `${name}_bucket{${labels}${labels === '' ? '' : ','}`
    let count = 0
    for (let index = 0; index < bounds.length; index++) {
      count += numbers[index + 1]!
      text += `${bucket}${bounds[index]}${count}\n`
    }
    const braced = labels === '' ? '' : `{${labels}}`
    text += `${name}_sum${braced} ${formatNumber(numbers[0]!)}\n${name}_count${braced} ${count}\n`
  }
  return text
}

function labelText(labels: readonly string[], values: readonly string[]): string {
  let text = ''
  for (let index = 0; index < labels.length; index++) {
    text += `${index === 0 ? '' : ','}${labels[index]}="${escapeLabelValue(values[index]!)}"`
  }
  return text
}

/** A label value as it stands between its quotes; in OpenMetrics a help text, too. */
export function escapeLabelValue(value: string): string {
  return /[\\"\n]/.test(value) ? escapeText(value).replaceAll('"', '\\"') : value
}

/** In help texts of the older format, quotes stay as they are. */
function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** A number in both formats. JavaScript writes them as these read them, but for what is not finite. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** A whole bound gets its `.0`, in both formats: OpenMetrics wants it, and a series should not change with the format. */
export function formatBound(bound: number): string {
  return Number.isInteger(bound) && Math.abs(bound) < 1e21 ? `${bound}.0` : String(bound)
}
