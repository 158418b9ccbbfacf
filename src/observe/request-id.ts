import { newId } from '../lib/ids.ts'

const VALID = /^[\w.:/+=-]{1,128}$/

/** The request id that a caller sent, where it is fit for headers and logs; else a new one. */
export function requestIdFrom(sent: string | null): string {
  return sent !== null && VALID.test(sent) ? sent : newId()
}
