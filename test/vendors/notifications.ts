import fc from 'fast-check'
import type { Notification } from '../../src/alerts/receiver.ts'

export const STARTED_AT_MS = Date.UTC(2026, 10, 21, 9, 30)

/** A notification with what a test is about. */
export function notification(about: Partial<Notification> = {}): Notification {
  return {
    kind: 'firing',
    dedupKey: 'Edgewatch/error-rate/1763717400000',
    alert: 'error-rate',
    severity: 'critical',
    summary: 'High error rate detected: 7.2 % of requests fail',
    startedAtMs: STARTED_AT_MS,
    createdAtMs: STARTED_AT_MS,
    value: '7.2 %',
    condition: 'error_ratio > 0.05 over 5m',
    labels: { team: 'platform' },
    runbook: 'https://wiki.example/errors?a=1&b=2',
    source: { service: 'Edgewatch', environment: 'production', url: 'https://watch.example' },
    ...about,
  }
}

// All of Unicode with control characters and lone halves of surrogate pairs, very long ones too.
const monstrousText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc
    .tuple(fc.constantFrom('x', '&', '<!channel>', '😀', '"', '\u0000', '\ud83d', '|>', 'a '), fc.nat(6_000))
    .map(([part, times]) => part.repeat(times)),
)

const url = fc.option(fc.oneof(fc.webUrl({ withQueryParameters: true }), monstrousText), { nil: undefined })

/** Notifications with every text as bad as can be; times and the dedup key are as the ledger makes them. */
export const monstrousNotification: fc.Arbitrary<Notification> = fc
  .record({
    kind: fc.constantFrom('firing', 'reminder', 'resolved', 'test'),
    dedupKey: fc.string({ maxLength: 250 }).map((text) => `x/${text}`),
    alert: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,60}$/),
    severity: fc.constantFrom('critical', 'warning', 'info'),
    summary: monstrousText,
    startedAtMs: fc.nat(4e12),
    condition: monstrousText,
    value: fc.option(monstrousText, { nil: undefined }),
    labels: fc.dictionary(fc.string(), monstrousText, { maxKeys: 100 }),
    runbook: url,
    source: fc.record({ service: monstrousText, environment: monstrousText, url }),
  })
  .map((parts) => {
    const resolved = parts.kind === 'resolved' ? { resolvedAtMs: parts.startedAtMs + 61_000 } : {}
    return { ...parts, ...resolved, createdAtMs: parts.startedAtMs } as Notification
  })
