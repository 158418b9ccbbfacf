import type { Metric } from '../metrics/model.ts'

const SUFFIXES = ['', '_total', '_created', '_info', '_bucket', '_sum', '_count']

/**
 * The names that Edgewatch's own metrics take up, in any format: those of their samples, and those that OpenMetrics
 * gives their families.
 */
export function reservedNames(catalog: Readonly<Record<string, Metric>>): ReadonlySet<string> {
  return new Set(
    Object.values(catalog).flatMap(({ name }) => {
      const base = name.replace(/_(total|info)$/, '')
      return SUFFIXES.map((suffix) => base + suffix)
    }),
  )
}
