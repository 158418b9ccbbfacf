import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { HttpError } from '../../src/lib/http-error.ts'
import { validate } from '../../src/lib/validation.ts'

/** What is said of a value of the field `x`. */
async function saidOf(schema: z.ZodType, body: unknown): Promise<string[]> {
  const app = new Hono().post(
    '/',
    validate('json', async () => z.strictObject({ x: schema })),
    (c) => c.text('fine'),
  )
  let said: string[] = []
  app.onError((error, c) => {
    if (!(error instanceof HttpError)) throw error
    said = error.details.map(({ field, message }) => `${field}: ${message}`)
    return c.text(error.message, 400)
  })
  const headers = { 'Content-Type': 'application/json' }
  await app.request('/', { method: 'POST', headers, body: JSON.stringify(body) })
  return said
}

describe('what is wrong with a request', () => {
  const event = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('a') }),
    z.strictObject({ type: z.literal('b') }),
  ])
  it.each<[string, z.ZodType, object, string]>([
    ['nothing', z.string(), {}, 'x: is missing; a string is expected'],
    ['nothing for a choice', z.enum(['a', 'b']), {}, 'x: is missing; one of a, b is expected'],
    ['a number for a text', z.string(), { x: 1 }, 'x: must be a string'],
    ['null', z.array(z.string()), { x: null }, 'x: must be a list'],
    ['another choice', z.enum(['a', 'b']), { x: 'c' }, 'x: must be one of a, b'],
    ['another variant', event, { x: { type: 'c' } }, 'x.type: must be one of a, b'],
    ['no variant', event, { x: {} }, 'x.type: is missing; one of a, b is expected'],
    ['half a number', z.number().int(), { x: 1.5 }, 'x: must be a whole number'],
    ['too little', z.number().min(0), { x: -1 }, 'x: must be at least 0'],
    ['too much', z.number().lt(3), { x: 3 }, 'x: must be less than 3'],
    ['an empty text', z.string().min(1), { x: '' }, 'x: must not be empty'],
    ['a long text', z.string().max(2), { x: 'abc' }, 'x: must be at most 2 characters long'],
    ['a long list', z.array(z.string()).max(1), { x: ['a', 'b'] }, 'x: must have at most 1 items'],
    ['no time', z.iso.datetime(), { x: 'soon' }, 'x: must be a time such as 2026-01-31T12:00:00Z'],
    ['neither', z.union([z.string(), z.number()]), { x: true }, 'x: must be a string, or must be a number'],
    ['a message of its own', z.string().regex(/a/, { error: 'an a' }), { x: 'b' }, 'x: an a'],
    [
      'a bad key',
      z.record(z.string().max(2), z.string()),
      { x: { abc: '' } },
      'x.abc: must be at most 2 characters long',
    ],
  ])('%s is told in plain words', async (_, schema, body, message) => {
    expect(await saidOf(schema, body)).toEqual([message])
  })

  it('names every field that is not known, beside those that are missing', async () => {
    expect(await saidOf(z.string(), { y: 1, z: 2 })).toEqual([
      'x: is missing; a string is expected',
      'y: is not known',
      'z: is not known',
    ])
  })
})
