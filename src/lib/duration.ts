const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

// Far longer than anything here lasts, and short enough that now and a duration make a date.
const MAX_DURATION_MS = 36_500 * UNIT_MS.d

/**
 * Milliseconds of a duration such as `30s`, `5m`, `1h30m` or `2d`; undefined where it isn't one, or is longer than
 * `36500d`.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  }
  return totalMs <= MAX_DURATION_MS ? totalMs : undefined
}

/** A duration for people: its two largest units, such as `1h 5m` or `45s`. */
export function formatDuration(durationMs: number): string {
  const parts: string[] = []
  let restMs = Math.max(0, Math.round(durationMs))
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const amount = Math.floor(restMs / UNIT_MS[unit])
    restMs -= amount * UNIT_MS[unit]
    if (amount > 0) parts.push(`${amount}${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0s'
}
