import { DAY_MS } from '../lib/clock.ts'
import { escapeMarkup } from './markup.ts'
import type { PublicMaintenance, PublicStatus } from './page-model.ts'
import { STATUS_PATH } from './page-shell.tsx'
import type { PublicIncident } from './public-incidents.ts'
import { durationWords, STAGE_WORDS, spanWords, timeWords } from './words.ts'

/** How many entries a feed holds. */
const ENTRIES = 50

/** So long before a window the feed tells of it: an entry has to have a time that stays the same and is not to come. */
const ANNOUNCED_BEFORE_MS = 14 * DAY_MS

/** Something that happened. */
interface Entry {
  /** The same in every version of the feed, and among all feeds (RFC 4151). */
  readonly id: string
  readonly title: string
  readonly text: string
  readonly link: string
  readonly atMs: number
}

/**
 * The feed as Atom (RFC 4287).
 * @param origin where the service is reached, such as `https://status.example.com`
 */
export function atomFeed(status: PublicStatus, origin: string): string {
  const entries = entriesOf(status, origin)
  const updated = entries[0]?.atMs ?? 0
  return lines(
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    element('id', tag(origin, 'feed')),
    element('title', status.title),
    element('updated', new Date(updated).toISOString()),
    `<author>${element('name', status.title)}</author>`,
    `<link rel="self" type="application/atom+xml" href="${escapeMarkup(`${origin}${STATUS_PATH}/feed.atom`)}"/>`,
    `<link rel="alternate" type="text/html" href="${escapeMarkup(origin + STATUS_PATH)}"/>`,
    ...entries.map(({ id, title, text, link, atMs }) =>
      lines(
        '<entry>',
        element('id', id),
        element('title', title),
        element('updated', new Date(atMs).toISOString()),
        `<link rel="alternate" type="text/html" href="${escapeMarkup(link)}"/>`,
        element('content', text),
        '</entry>',
      ),
    ),
    '</feed>',
  )
}

/** The same as RSS 2.0. */
export function rssFeed(status: PublicStatus, origin: string): string {
  return lines(
    '<?xml version="1.0" encoding="utf-8"?>',
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
    element('title', status.title),
    element('link', origin + STATUS_PATH),
    element('description', `Incidents and maintenance: ${status.title}`),
    '<language>en</language>',
    `<atom:link rel="self" type="application/rss+xml" href="${escapeMarkup(`${origin}${STATUS_PATH}/feed.rss`)}"/>`,
    ...entriesOf(status, origin).map(({ id, title, text, link, atMs }) =>
      lines(
        '<item>',
        `<guid isPermaLink="false">${escapeMarkup(id)}</guid>`,
        element('title', title),
        element('link', link),
        element('pubDate', new Date(atMs).toUTCString()),
        // Readers take it for HTML.
        element('description', escapeMarkup(text)),
        '</item>',
      ),
    ),
    '</channel></rss>',
  )
}

/** Latest first: each incident as it began, its updates and its end, each window as planned and as begun. */
function entriesOf(status: PublicStatus, origin: string): Entry[] {
  const page = origin + STATUS_PATH
  return [
    ...status.incidents.flatMap((incident) => incidentEntries(incident, origin, page)),
    ...status.maintenance.flatMap((window) => maintenanceEntries(window, origin, page)),
  ]
    .filter(({ atMs }) => atMs <= status.atMs)
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, ENTRIES)
}

function incidentEntries(incident: PublicIncident, origin: string, page: string): Entry[] {
  const { id, title, automatic, startedAtMs, resolvedAtMs, monitors, updates } = incident
  const link = `${page}#incident-${inUrl(id)}`
  const about = automatic || monitors.length === 0 ? '' : `\nConcerns: ${monitors.join(', ')}.`
  const entry = (what: string, entryTitle: string, text: string, atMs: number): Entry => ({
    id: tag(origin, `incident/${inUrl(id)}${what}`),
    title: entryTitle,
    text: text + about,
    link,
    atMs,
  })
  const told = new Set(updates.map(({ atMs }) => atMs))
  const entries = updates.map(({ atMs, stage, text }) =>
    entry(`/${atMs}`, `${STAGE_WORDS[stage]}: ${title}`, text, atMs),
  )
  // A person who opens or resolves an incident says so in an update, and nobody wants to read it twice.
  if (!told.has(startedAtMs)) {
    entries.push(entry('', title, `Began ${timeWords(startedAtMs)} UTC.`, startedAtMs))
  }
  if (resolvedAtMs !== undefined && !told.has(resolvedAtMs)) {
    const lasted = `It lasted ${durationWords(resolvedAtMs - startedAtMs)}.`
    entries.push(entry('/resolved', `Resolved: ${title}`, lasted, resolvedAtMs))
  }
  return entries
}

function maintenanceEntries(window: PublicMaintenance, origin: string, page: string): Entry[] {
  const { title, fromMs, toMs, underWay, monitors } = window
  const text = `${spanWords(fromMs, toMs)} UTC. Concerns: ${monitors.join(', ') || 'everything'}.`
  const id = `maintenance/${fromMs}/${inUrl(title)}`
  const entry = (what: string, begin: string, atMs: number): Entry => ({
    id: tag(origin, `${id}/${what}`),
    title: `${begin}: ${title}`,
    text,
    link: `${page}#maintenance`,
    atMs,
  })
  return [
    entry('planned', 'Maintenance planned', fromMs - ANNOUNCED_BEFORE_MS),
    ...(underWay ? [entry('begun', 'Maintenance has begun', fromMs)] : []),
  ]
}

const tag = (origin: string, what: string): string => `tag:${new URL(origin).hostname},2026:status/${what}`

const inUrl = (text: string): string => encodeURIComponent(text.toWellFormed())

const element = (name: string, text: string): string => `<${name}>${escapeMarkup(text)}</${name}>`

const lines = (...parts: string[]): string => parts.join('\n')
