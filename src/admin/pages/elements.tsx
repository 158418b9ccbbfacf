import type { Child } from 'hono/jsx'
import type { ActiveAlert } from '../../alerts/status.ts'
import type { Severity } from '../../config/severity.ts'
import { webUrl } from '../../lib/web-url.ts'
import type { Reading } from '../readings.ts'
import { formatTime } from './format.ts'

/** How good or bad a thing is: what colours go by, never alone. */
export type Tone = 'good' | 'warning' | 'bad' | 'off' | 'info'

/** The colour of a severity. */
export const severityTone = (severity: Severity): Tone =>
  (({ critical: 'bad', warning: 'warning', info: 'info' }) as const)[severity]

/** The colour of what is about to fire, whatever its severity. */
export const PENDING_TONE: Tone = 'warning'

/** The colour of an alert that fires or is about to. */
export const alertTone = ({ state, severity }: Pick<ActiveAlert, 'state' | 'severity'>): Tone =>
  state === 'pending' ? PENDING_TONE : severityTone(severity)

/** A state in a word. */
export const Badge = ({ tone, children }: { tone: Tone; children?: Child }) => (
  <span class={`badge ${tone}`}>{children}</span>
)

/** A point in time; the script adds how long ago that was. */
export const Time = ({ atMs }: { atMs: number }) => (
  <time datetime={new Date(atMs).toISOString()}>{formatTime(atMs)}</time>
)

/** The runbook of an alert: a link if it is a web address, else the configured text. */
export const Runbook = ({
  runbook,
  of,
}: {
  runbook: string /** The alert that it is for. */
  of: string
}) => {
  const url = webUrl(runbook)
  if (url === undefined) return <>Runbook: {runbook}</>
  return (
    <a href={url} rel="noreferrer">
      <ActOn verb="Runbook" what={`of ${of}`} />
    </a>
  )
}

/** A number that matters, with what it is. */
export const Figure = ({
  label,
  value,
  note,
  tone,
}: {
  label: string
  value: string
  note?: Child
  tone?: Tone
}) => (
  <div class={`figure ${tone ?? ''}`}>
    <dt>{label}</dt>
    <dd>
      {value}
      {note !== undefined && <small>{note}</small>}
    </dd>
  </div>
)

/** What a button does. It stands beside what it is for, which only those must hear who don't see that. */
export const ActOn = ({ verb, what }: { verb: string; what: string }) => (
  <>
    {verb}
    <span class="hidden"> {what}</span>
  </>
)

/** What stands where there is nothing to show, and why that is so. */
export const Empty = ({ children }: { children?: Child }) => <p class="empty">{children}</p>

/** A part of a page that needs no reading. */
export const Section = ({ id, title, children }: { id: string; title: string; children?: Child }) => (
  <section id={id} class="part" aria-labelledby={`${id}-title`}>
    <header>
      <h2 id={`${id}-title`}>{title}</h2>
    </header>
    {children}
  </section>
)

/**
 * A part of a page that was read for itself. Where it could not be read it says so, and shows what it last was.
 * The script replaces it by its id when the page is read anew.
 */
export function Part<T>({
  id,
  title,
  aside,
  reading,
  show,
}: {
  id: string
  title: string
  aside?: Child
  reading: Reading<T>
  show: (value: T) => Child
}) {
  return (
    <section id={id} class={`part ${reading.state}`} aria-labelledby={`${id}-title`} data-part>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </header>
      {reading.state === 'missing' ? (
        <div class="broken" role="status">
          <p>
            <strong>{title} can't be shown:</strong> {reading.reason}.
          </p>
          <p>When it was last good is not known here. The other parts are not affected.</p>
        </div>
      ) : (
        <>
          {reading.state === 'old' && (
            <div class="broken" role="status">
              <p>
                <strong>{title} can't be read at the moment:</strong> {reading.reason}.
              </p>
              <p>
                Last good at <Time atMs={reading.atMs} /> UTC; that is what you see.
              </p>
            </div>
          )}
          <div class="content">{show(reading.value)}</div>
        </>
      )}
    </section>
  )
}

/** A table with what its columns are; one without a name has things to press. */
export const Table = ({
  label,
  columns,
  foot,
  children,
}: {
  label: string
  columns: readonly (string | { readonly number: string })[]
  foot?: Child
  children?: Child
}) => (
  <TableScroll label={label}>
    <table>
      <thead>
        <tr>
          {columns.map((column) => {
            if (column === '') return <td />
            if (typeof column === 'string') return <th scope="col">{column}</th>
            return (
              <th scope="col" class="number">
                {column.number}
              </th>
            )
          })}
        </tr>
      </thead>
      <tbody>{children}</tbody>
      {foot !== undefined && <tfoot>{foot}</tfoot>}
    </table>
  </TableScroll>
)

/** Where a table scrolls within itself if it is too wide; reachable by keyboard. */
export const TableScroll = ({ label, children }: { label: string; children?: Child }) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
  <div class="scroll" role="group" aria-label={label} tabindex={0}>
    {children}
  </div>
)
