import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileJsonPath } from '../../src/lib/json-path.ts'
import { Pattern } from '../../src/lib/pattern.ts'

it('finds what a regular expression of the language finds', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('^v\\d+\\.\\d+$', 'a|b', '[^a-c]+$', '(ab)*c', '\\s', '^$', 'a{2,3}', '(?i)AB'),
      fc.stringMatching(/^[abcv0-9. ]{0,12}$/),
      (source, text) => {
        const known = source.startsWith('(?i)') ? new RegExp(source.slice(4), 'i') : new RegExp(source)
        expect(new Pattern(source).isIn(text)).toBe(known.test(text))
      },
    ),
  ))

it.each(['(a+)+$', '^(a|a)*$', '(.*a){20}$', '\\s+$', '(\\w|\\d)+$'])(
  'ends, however long %s would backtrack',
  (source) => {
    expect(new Pattern(source).isIn(`${'a 1'.repeat(10_000)}${'a'.repeat(30_000)}!`)).toBe(false)
  },
)

it('is searched for at the beginning of what is very long', () => {
  expect(new Pattern('b').isIn(`${'a'.repeat(65_535)}b`)).toBe(true)
  expect(new Pattern('b').isIn(`${'a'.repeat(65_536)}b`)).toBe(false)
})

it.each(['(', '(?=a)b', '(?<!a)b', '(a)\\1', 'a{2000}', '((((a{30}){30}){30}){30})'])(
  'is not %s',
  (source) => {
    expect(() => new Pattern(source)).toThrow()
  },
)

it.each(["$[?search(@.a, '(a+)+$')]", '$[?match(@.a, @.b)]', 'status', '$['])(
  '%s is no JSONPath that may be asked of a stranger',
  (path) => {
    expect(() => compileJsonPath(path)).toThrow()
  },
)
