import type { Catalog } from '../../src/metrics/catalog.ts'

/** Selects what comes from the jobs that the dashboard shows. */
export const JOB = 'job=~"$job"'
/** The window of rates: what is drawn as a point. */
export const STEP = '$__rate_interval'

/** The share of failed requests; 0 where there are requests and none failed, nothing where there are none. */
export const errorRatio = ({ requests }: Catalog, selector: string, window: string): string => {
  const all = `sum(rate(${requests.name}{${selector}}[${window}]))`
  return `(sum(rate(${requests.name}{${selector},status=~"5.."}[${window}])) or 0 * ${all}) / ${all}`
}

/** A quantile of request durations in seconds, by route or over all. */
export const latency = (
  { requestDuration }: Catalog,
  quantile: number,
  selector: string,
  window: string,
  by: readonly string[] = [],
): string =>
  `histogram_quantile(${quantile}, sum by (${['le', ...by].join(', ')}) (rate(${requestDuration.name}_bucket{${selector}}[${window}])))`

/** The share of reads that found something in the cache. Sums are divided: series by series it would always be 1. */
export const cacheHitRatio = ({ cacheOperations }: Catalog, selector: string, window: string): string => {
  const reads = (more: string) =>
    `sum(rate(${cacheOperations.name}{${selector},operation="get"${more}}[${window}]))`
  return `(${reads(',status="hit"')} or 0 * ${reads('')}) / ${reads('')}`
}
