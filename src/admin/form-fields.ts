import type { Context } from 'hono'

/** The fields of the form that was sent, by name; none where the body is no form that can be read. */
export async function formFields(c: Context): Promise<ReadonlyMap<string, readonly string[]>> {
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i
  if (!isForm.test(c.req.header('Content-Type') ?? '')) return new Map()
  const body = await c.req.parseBody({ all: true }).catch(() => ({}))
  return new Map(
    Object.entries(body).map(([name, value]) => [
      name,
      [value].flat().filter((each): each is string => typeof each === 'string'),
    ]),
  )
}

/** A field of the form that was sent; undefined where there is none. */
export const formField = async (c: Context, name: string): Promise<string | undefined> =>
  (await formFields(c)).get(name)?.at(-1)
