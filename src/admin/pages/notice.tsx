import type { SentForm } from './forms.tsx'

/** What can be said at the head of a page after a form was sent; its address names one of these, and no text. */
const NOTICES = {
  acknowledged: { good: true, text: 'Acknowledged: there will be no more reminders of it.' },
  silenced: { good: true, text: 'Silenced. Resolves are still sent.' },
  unsilenced: { good: true, text: 'The silence has ended; what still fires is sent by the next run.' },
  'not-firing': {
    good: false,
    text: 'That alert does not fire any more, so there is nothing to acknowledge.',
  },
  'no-silence': { good: false, text: 'There is no such silence any more.' },
  posted: { good: true, text: 'Posted: the public sees it on the status page within a minute.' },
  'posted-internal': {
    good: true,
    text: 'Posted internally: all its monitors are private, so the status page does not show it.',
  },
  published: { good: true, text: 'Published: the public sees it on the status page within a minute.' },
  updated: { good: true, text: 'Update posted: the public sees it on the status page within a minute.' },
  'updated-internal': {
    good: true,
    text: 'Internal update posted: the status page does not show it. To tell the public, publish it.',
  },
  'incident-withdrawn': {
    good: true,
    text: 'Incident withdrawn: the status page stops showing it within a minute.',
  },
  amended: { good: true, text: 'Changed.' },
  announced: { good: true, text: 'Announced: the public sees it on the status page within a minute.' },
  withdrawn: { good: true, text: 'The maintenance is withdrawn.' },
  'business-asked': { good: true, text: 'These are the numbers as MongoDB has them now.' },
  'business-not-asked': { good: false, text: 'MongoDB could not be asked; below it says why.' },
  'group-deleted': { good: true, text: 'The group is deleted.' },
  'no-group': { good: false, text: 'There is no such group any more.' },
} as const

/** See `NOTICES`. */
export type NoticeName = keyof typeof NOTICES

/** What came of a form. One that could not be carried out may be no longer on the page, so it is told here, too. */
export const Notice = ({ name, sent }: { name: string | undefined; sent: SentForm | undefined }) => {
  if (sent) {
    return (
      <p class="notice problem" role="alert">
        That could not be done: {sent.message}
      </p>
    )
  }
  if (name === undefined || !Object.hasOwn(NOTICES, name)) return null
  const { good, text } = NOTICES[name as NoticeName]
  return (
    <p class={`notice${good ? '' : ' problem'}`} role="status">
      {text}
    </p>
  )
}
