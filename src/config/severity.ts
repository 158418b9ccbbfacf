/** How bad an alert is; decides who is notified. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const

/** See `SEVERITIES`. */
export type Severity = (typeof SEVERITIES)[number]
