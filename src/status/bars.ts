import type { PublicDay } from './days.ts'
import { escapeMarkup } from './markup.ts'
import { dayEvents, dayWords, QUIET_DAY_WORDS } from './words.ts'

// A page has up to 9,000 bars, so they are put together as text, and what they have in common stands in the style: the
// date of each place in the row, and what a day was like that nothing happened on.

/**
 * A monitor's days as bars, for within an element that tells the same in words; and, in words, those on which something
 * happened, as items of a list, the latest first.
 */
export function barsAndEvents(days: readonly PublicDay[]): {
  bars: string
  events: string
  eventful: number
} {
  let bars = ''
  let events = ''
  let eventful = 0
  for (const day of days) {
    const look = lookOf(day)
    const happened = dayEvents(day)
    if (happened === undefined) {
      bars += look ? `<i class=${look}></i>` : '<i></i>'
      continue
    }
    const text = escapeMarkup(happened)
    bars += `<i${look && ` class=${look}`} data-t="${text}"></i>`
    events = `<li><b>${dayWords(day.date)}</b> ${text}</li>${events}`
    eventful++
  }
  return { bars, events, eventful }
}

/** The style rules that name the day of each bar when the pointer is over it. */
export const barDates = (days: readonly PublicDay[]): string =>
  days.map(({ date }, index) => `.bars i:nth-child(${index + 1}){--d:"${dayWords(date)}"}`).join('')

/** What the pointer shows of bars that carry no text of their own. */
export const QUIET_BARS = [
  `.bars i:hover::after{content:var(--d) ": ${QUIET_DAY_WORDS.up}"}`,
  `.bars i.u:hover::after{content:var(--d) ": ${QUIET_DAY_WORDS.unknown}"}`,
  `.bars i.m:hover::after{content:var(--d) ": ${QUIET_DAY_WORDS.maintenance}"}`,
  `.bars i.n:hover::after{content:var(--d) ": ${QUIET_DAY_WORDS.none}"}`,
  '.bars i[data-t]:hover::after{content:var(--d) ": " attr(data-t)}',
].join('')

/** The class of a day's bar; the longer it was down, the more of it is marked. */
function lookOf({ state, uptime = 1 }: PublicDay): string {
  switch (state) {
    case 'down':
      return uptime > 0.99 ? 'd1' : uptime > 0.9 ? 'd2' : 'd3'
    case 'degraded':
      return 'g'
    case 'maintenance':
      return 'm'
    case 'unknown':
      return 'u'
    case 'none':
      return 'n'
    case 'up':
      return ''
  }
}
