/** Where the forms of the pages are sent. */
export const ACTIONS = {
  acknowledge: '/admin/pages/alerts/acknowledge',
  silence: '/admin/pages/alerts/silence',
  unsilence: '/admin/pages/alerts/unsilence',
  deleteGroup: '/admin/pages/pushed/delete',
} as const

/** What can be said at the head of a page after a form was sent; its address names one of these, and no text. */
const NOTICES = {
  acknowledged: { good: true, text: 'Acknowledged: there will be no more reminders of it.' },
  silenced: { good: true, text: 'Silenced. The end of what was sent already is told all the same.' },
  unsilenced: { good: true, text: 'The silence has ended; what still fires is sent by the next run.' },
  'not-firing': {
    good: false,
    text: 'That alert does not fire any more, so there is nothing to acknowledge.',
  },
  'no-silence': { good: false, text: 'There is no such silence any more.' },
  'group-deleted': { good: true, text: 'The group is deleted.' },
  'no-group': { good: false, text: 'There is no such group any more.' },
} as const

/** See `NOTICES`. */
export type NoticeName = keyof typeof NOTICES

/** What came of a form. */
export const Notice = ({ name }: { name: string | undefined }) => {
  if (name === undefined || !Object.hasOwn(NOTICES, name)) return null
  const { good, text } = NOTICES[name as NoticeName]
  return (
    <p class={`notice${good ? '' : ' problem'}`} role="status">
      {text}
    </p>
  )
}

/** The session's CSRF token; who sent a bearer token needs none. */
export const Csrf = ({ token }: { token: string | undefined }) =>
  token === undefined ? null : <input type="hidden" name="csrf" value={token} />
