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

/** What happened, as a sentence: such as `pagerduty was told that it fires`. */
const Entry = ({ entry: { kind, receiver, stage, text, by } }: { entry: TimelineEntry }) => {
  if (kind === 'told' || kind === 'not_told') {
    return (
      <>
        <strong>{receiver}</strong> {WHAT[kind]} {text}
      </>
    )
  }
  return (
    <>
      <strong>{kind === 'update' && stage ? capitalised(stage) : WHAT[kind]}</strong>
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
    {entries.map((entry) => (
      <li>
        <Time atMs={entry.atMs} />{' '}
        <span>
          <Entry entry={entry} />
        </span>
      </li>
    ))}
  </ol>
)
