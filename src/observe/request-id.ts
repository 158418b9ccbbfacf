import { newId } from '../lib/ids.ts'

const VALID = /^[\w.:/+=-]{1,128}$/

/** The request id that a caller sent, where it is fit for headers and logs; else a new one. */
export function requestIdFrom(sent: string | undefined): string {
  return sent !== undefined && VALID.test(sent) ? sent : newId()
}
