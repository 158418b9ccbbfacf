import type { TimelineEntry } from '../../incidents/model.ts'
import { Time } from './elements.tsx'

const WHAT: Readonly<Record<TimelineEntry['kind'], string>> = {
  opened: 'Opened',
  held_back: 'Held back',
  silenced: 'Silenced',
  released: 'No longer held back',
  told: 'was told',
  not_told: 'could not be told',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  update: 'Update',
}

/** An update posted after the end is a note: it doesn't resolve the incident again. */
const headline = ({ kind, stage }: TimelineEntry, ended: boolean): string => {
  if (kind !== 'update' || !stage) return WHAT[kind]
  return ended && stage === 'resolved' ? 'Note' : capitalised(stage)
}

/** What happened, as a sentence: such as `pagerduty was told that it fires`. */
const Entry = ({ entry, ended }: { entry: TimelineEntry; ended: boolean }) => {
  const { kind, receiver, by } = entry
  // A silence's reason names it a second time.
  const text = kind === 'silenced' ? entry.text?.replace('silenced: ', '') : entry.text
  if (kind === 'told' || kind === 'not_told') {
    return (
      <>
        <strong>{receiver}</strong> {WHAT[kind]} {text}
      </>
    )
  }
  return (
    <>
      <strong>{headline(entry, ended)}</strong>
      {by !== undefined && ` by ${by}`}
      {text !== undefined && (
        <>
          : <span class="said">{text}</span>
        </>
      )}
    </>
  )
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** What happened in an incident, the latest last. */
export const Timeline = ({ entries }: { entries: readonly TimelineEntry[] }) => (
  <ol class="timeline">
    {entries.map((entry, at) => (
      <li>
        <Time atMs={entry.atMs} />{' '}
        <span>
          <Entry entry={entry} ended={entries.slice(0, at).some(({ kind }) => kind === 'resolved')} />
        </span>
      </li>
    ))}
  </ol>
)
