import type { Context } from 'hono'
import { formFields } from './form-fields.ts'

/** A form that was sent without a valid session. The sign-in page keeps it; nothing is stored. */
export interface KeptForm {
  /** The path that it was sent to. */
  readonly action: string
  /** The entered values by field name, without the CSRF token. */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

/** Room for the largest form, an incident with hundreds of monitors. */
const MAX_CHARACTERS = 64 * 1024

/**
 * Whether the browser confirms that one of our pages sent a request. Otherwise another site could fill in a form that people
 * get back after signing in.
 */
export const isFromOurPage = (c: Context): boolean => c.req.header('Sec-Fetch-Site') === 'same-origin'

/** The form of a request that was refused. Undefined if it is too large, or if none of our pages sent it. */
export async function keptForm(c: Context): Promise<KeptForm | undefined> {
  if (c.req.method !== 'POST' || !isFromOurPage(c)) return undefined
  const fields = new Map(await formFields(c))
  fields.delete('csrf')
  const form = { action: c.req.path, fields }
  return encodeFields(form).length <= MAX_CHARACTERS ? form : undefined
}

/** The entered values as the value of one hidden field. */
export const encodeFields = ({ fields }: KeptForm): string =>
  new URLSearchParams(
    [...fields].flatMap(([name, values]) => values.map((value) => [name, value])),
  ).toString()

/** Reads what `encodeFields` wrote. */
export function decodeForm(action: string, encoded: string): KeptForm | undefined {
  if (encoded.length > MAX_CHARACTERS) return undefined
  const entered = new URLSearchParams(encoded)
  const names = new Set(entered.keys())
  return { action, fields: new Map([...names].map((name) => [name, entered.getAll(name)])) }
}
