import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { PublicMonitor, PublicStatus } from './page-model.ts'
import { percent, timeWords } from './words.ts'

/** How many of the past incidents the page shows; the feeds and `/status.json` have them all. */
export const PAST_INCIDENTS = 20

/** The bars of the last 90 days, with their uptime. */
export function Bars({ bars, uptime }: { readonly bars: string; readonly uptime: PublicMonitor['uptime'] }) {
  const words = uptime[90] === undefined ? 'no data' : `${percent(uptime[90])} uptime`
  return (
    <>
      <div class="bars" role="img" aria-label={`Last 90 days: ${words}`}>
        {raw(bars)}
      </div>
      <div class="scale dim" aria-hidden="true">
        {words}
      </div>
    </>
  )
}

/** How old all of it is: pages are kept for a while, so a relative time would be wrong. */
export function Freshness({ status: { checkedAtMs, outdated } }: { readonly status: PublicStatus }) {
  const checked = checkedAtMs !== undefined && (
    <time datetime={new Date(checkedAtMs).toISOString()}>{timeWords(checkedAtMs)} UTC</time>
  )
  if (!outdated) {
    return <p class="dim">Last checked {checked}. Reload for the latest.</p>
  }
  return (
    <p class="note" role="status">
      {checked ? (
        <>Nothing was heard from the checks since {checked}, so how things are now is unknown.</>
      ) : (
        'No check was made yet.'
      )}
    </p>
  )
}

/** What bars and lines stand for. */
export function Key({ withLatency = false }) {
  const keys: readonly (readonly [look: string, words: Child])[] = [
    ['', 'No downtime'],
    ['g', 'Degraded'],
    ['d1', 'Downtime (the more, the fuller)'],
    ['m', 'Maintenance'],
    ['u', 'Not measured'],
    ['n', 'No data yet'],
  ]
  return (
    <p class="keys dim">
      {keys.map(([look, words]) => (
        <span>
          <span class={`key ${look}`} />
          {words}
        </span>
      ))}
      {withLatency && (
        <span>
          <LatencyKey />
        </span>
      )}
    </p>
  )
}

/** What the lines of a chart stand for. */
export const LatencyKey = () => (
  <>
    <span class="line" />
    p50
    <span class="line b" />
    p95
  </>
)
