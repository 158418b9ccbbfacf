import { expect, it } from 'vitest'
import { webUrl } from '../../src/lib/web-url.ts'

it.each([
  ['https://a.example', 'https://a.example/'],
  ['http://a.example/x y?q=<b>', 'http://a.example/x%20y?q=%3Cb%3E'],
  ['https://a.example/\ud800', 'https://a.example/%EF%BF%BD'],
  ['javascript:alert(1)', undefined],
  ['/relative', undefined],
  [`https://a.example/${'x'.repeat(2_048)}`, undefined],
  [undefined, undefined],
])('%j is linked as %j', (text, expected) => expect(webUrl(text)).toBe(expected))
