import type { Family } from './model.ts'

/** What tells the samples of a histogram or summary apart; it stands last. */
const PART_LABELS: Partial<Record<Family['type'], RegExp>> = {
  histogram: /,?le="[^"]*"\}$/,
  summary: /,?quantile="[^"]*"\}$/,
}

/** The lines of a family's text, without their line feeds. */
export const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)

/** A sample without its value. */
export const seriesOf = (line: string): string => line.slice(0, line.lastIndexOf(' '))

/** The labels of a sample, with their braces; of histograms and summaries without `le` and `quantile`. */
export function metricLabelsOf(line: string, type: Family['type']): string {
  const labels = line.slice(line.indexOf('{'), line.lastIndexOf(' '))
  const part = PART_LABELS[type]
  return part ? labels.replace(part, '}') : labels
}
