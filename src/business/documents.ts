import type { BusinessConfig } from '../config/business.ts'
import type { BusinessEvent } from './events.ts'

/** A value in relaxed Extended JSON (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/). */
type ExtendedJson = string | number | { readonly $date: string } | { readonly $oid: string }

/** A document to write. Written again, or after it was written in part, it changes nothing. */
export interface DocumentWrite {
  readonly collection: string
  /** Which document; made where there is none. */
  readonly match: Readonly<Record<string, ExtendedJson>>
  readonly set?: Readonly<Record<string, ExtendedJson>>
  /** What a new document gets besides. */
  readonly setOnInsert?: Readonly<Record<string, ExtendedJson>>
}

/**
 * What the queries need of an event; undefined where they need nothing.
 * @param id names the document for good: the event's own id, or one that was made for it
 */
export function documentOf(
  event: BusinessEvent,
  id: string,
  acceptedAtMs: number,
  { collections, userIds }: BusinessConfig,
): DocumentWrite | undefined {
  const user = (text: string): ExtendedJson => (userIds === 'objectId' ? { $oid: text.toLowerCase() } : text)
  const at = { $date: new Date(event.at === undefined ? acceptedAtMs : Date.parse(event.at)).toISOString() }
  switch (event.type) {
    case 'user_activity': {
      const fields = collections.activity
      return {
        collection: fields.name,
        match: { _id: id },
        setOnInsert: {
          [fields.user]: user(event.user_id),
          ...(event.action !== undefined && { [fields.action]: event.action }),
          [fields.at]: at,
        },
      }
    }
    case 'analysis_completed': {
      const fields = collections.compliance
      return {
        collection: fields.name,
        match: { _id: id },
        setOnInsert: {
          [fields.framework]: event.framework,
          ...(event.user_id !== undefined && { [fields.user]: user(event.user_id) }),
          ...(event.coverage_percentage !== undefined && { [fields.coverage]: event.coverage_percentage }),
          [fields.at]: at,
        },
      }
    }
    case 'subscription_changed': {
      const fields = collections.users
      return {
        collection: fields.name,
        match: { [fields.id]: user(event.user_id) },
        set: { [fields.tier]: event.tier },
      }
    }
    default:
      return undefined
  }
}
