import { describe, expect, it } from 'vitest'
import {
  currentContext,
  errorContextOf,
  leaveBreadcrumb,
  parseTraceparent,
  requestContext,
  runWithContext,
  withErrorContext,
} from '../../src/logging/context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('traceparent', () => {
  it.each([`00-${TRACE}-${SPAN}-01`, `01-${TRACE}-${SPAN}-00`, `cc-${TRACE}-${SPAN}-01-more`])(
    '%s',
    (header) => expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: SPAN }),
  )

  it.each([
    null,
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ])('not %s', (header) => expect(parseTraceparent(header)).toBeUndefined())
})

describe('a context', () => {
  it('comes from the headers of a request', () => {
    const request = new Request('https://a.example', {
      headers: { traceparent: `00-${TRACE}-${SPAN}-01`, 'cf-ray': '8f0-AMS' },
    })
    const context = { requestId: 'r1', request, traceId: TRACE, spanId: SPAN, cfRay: '8f0-AMS' }
    expect(requestContext('r1', request)).toEqual(context)
    const odd = new Request('https://a.example', { headers: { 'cf-ray': '"evil"' } })
    expect(requestContext('r2', odd)).toEqual({ requestId: 'r2', request: odd })
  })

  it('is that of the work under way, concurrent ones apart', async () => {
    const seen = await Promise.all(
      ['a', 'b'].map((requestId) =>
        runWithContext({ requestId }, async () => {
          await Promise.resolve()
          return currentContext()?.requestId
        }),
      ),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(currentContext()).toBeUndefined()
  })

  it('keeps the last twenty breadcrumbs', () => {
    runWithContext({}, () => {
      const context = currentContext()!
      for (let timeMs = 0; timeMs < 50; timeMs++) {
        leaveBreadcrumb(context, { timeMs, level: 'info', event: 'e', fields: undefined })
      }
      expect(context.breadcrumbs.map((each) => each.timeMs)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 30),
      )
    })
  })
})

describe('withErrorContext', () => {
  const outer = { tags: { a: 'outer', b: 'outer' }, contexts: { analysis: { company: 'X' } } }
  const inner = { tags: { a: 'inner' } }
  const both = { tags: { a: 'inner', b: 'outer' }, contexts: { analysis: { company: 'X' } } }

  it('adds nested contexts up, and is over when the work is', () => {
    withErrorContext(outer, () => {
      withErrorContext(inner, () => expect(errorContextOf(new Error())).toEqual(both))
      expect(errorContextOf(new Error())).toEqual(outer)
    })
    expect(errorContextOf(new Error())).toBeUndefined()
  })

  it('gives what the work gives', async () => {
    expect(withErrorContext(inner, () => 5)).toBe(5)
    expect(await withErrorContext(inner, async () => 6)).toBe(6)
  })

  it('stays with an error that comes out of the work', async () => {
    const error = new Error('x')
    const work = withErrorContext(outer, () =>
      withErrorContext(inner, async () => {
        await Promise.resolve()
        throw error
      }),
    )
    await expect(work).rejects.toBe(error)
    expect(errorContextOf(error)).toEqual(both)
    expect(() =>
      withErrorContext(inner, () => {
        throw 'a string'
      }),
    ).toThrow('a string')
  })
})
