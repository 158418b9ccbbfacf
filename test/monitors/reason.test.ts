import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerptWithout, reasonOf } from '../../src/monitors/reason.ts'

describe('an excerpt', () => {
  it('is short, on one line, and holds no URL and no credential', () => {
    const excerpt = excerptWithout([])
    expect(excerpt('a\nb\tc')).toBe('a b c')
    expect(excerpt('x'.repeat(1_000_000)).length).toBe(60)
    expect(excerpt('see https://intern.example/path?a=b now')).toBe('see [url] now')
    expect(excerpt('password=hunter22 is wrong')).not.toContain('hunter22')
  })

  it('hides what it is told to, also as it stands in a URL and in JSON', () => {
    const excerpt = excerptWithout(['abc "def"', 'watched.example'])
    expect(excerpt('at watched.example: abc "def"')).toBe('at [redacted]: [redacted]')
    expect(excerpt('/a%20b/abc%20%22def%22')).toBe('/a%20b/[redacted]')
    expect(excerpt('{"key":"abc \\"def\\""}')).not.toContain('abc')
  })

  it('never holds a hidden text, wherever it stands', () => {
    const hidden = fc.stringMatching(/^[a-z0-9"\\]{6,40}$/)
    fc.assert(
      fc.property(hidden, fc.string({ maxLength: 80 }), fc.string(), (secret, before, after) => {
        const shown = JSON.stringify(excerptWithout([secret])(before + secret + after))
        expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1))
      }),
    )
  })
})

it('a reason is on one line of 200 signs at most', () => {
  const reason = reasonOf({ expected: 'x\n'.repeat(300), came: 'y' })
  expect(reason.length).toBe(200)
  expect(reason).not.toContain('\n')
})
