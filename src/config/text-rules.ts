import { hasControlCharacters } from '../lib/text.ts'
import { hasIpHost } from '../lib/web-url.ts'

/** A rule for a text of the configuration. */
interface TextRule {
  readonly expected: string
  readonly holds: (text: string) => boolean
}

const isHttpUrl = (text: string): boolean => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')

const url: TextRule = { expected: 'an http or https URL', holds: isHttpUrl }

const withoutIpHost: TextRule = {
  expected: "a URL with a host name: Workers can't fetch an IP address",
  holds: (text) => {
    const parsed = URL.parse(text)
    return parsed === null || !hasIpHost(parsed)
  },
}

/**
 * The rules that hold for texts with a `${NAME}` in them, too. The build checks them where such a text is complete as
 * it is written, and the Worker where a text was filled in.
 */
const TEXT_RULES = {
  url: [url],
  fetchedUrl: [url, withoutIpHost],
  monitoredUrl: [
    url,
    withoutIpHost,
    {
      expected: 'a URL without a password; it goes into auth',
      holds: (text) => !URL.parse(text)?.username && !URL.parse(text)?.password,
    },
  ],
  host: [
    {
      expected: 'a host name or an address, without scheme, port and path',
      // Without the flag `i`: together with `\p{…}` it takes V8 20 ms to compile.
      holds: (text) => /^([\p{L}\p{N}_.-]+|\[?[\da-fA-F]*:[\da-fA-F]*:[\da-fA-F:.]*\]?)$/u.test(text),
    },
  ],
  headerValue: [
    {
      expected: 'a header value on one line, in Latin-1 characters',
      holds: (text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
    },
  ],
  line: [
    {
      expected: 'text on one line, without control characters',
      holds: (text) => !hasControlCharacters(text, 'one'),
    },
  ],
} as const satisfies Readonly<Record<string, readonly TextRule[]>>

/** The name of a rule in `TEXT_RULES`. */
export type TextRuleName = keyof typeof TEXT_RULES

/** What a text should have been; undefined if it is valid. */
export function broken(name: TextRuleName, text: string): string | undefined {
  const rules: readonly TextRule[] = TEXT_RULES[name]
  return rules.find(({ holds }) => !holds(text))?.expected
}

/** Each `${NAME}` and `${NAME:-default}` in a text: the name and, if there is one, the default. */
export const NAMES = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/** Whether a text still holds a `${NAME}` to be filled in at run time. */
export const isTemplate = (text: string): boolean => /\$\{[^}]*\}/.test(text)

/** A text that contains a `${NAME}`, and the rule for it once that is filled in. */
export class Template {
  readonly text: string
  readonly rule: TextRuleName

  constructor(text: string, rule: TextRuleName) {
    this.text = text
    this.rule = rule
  }

  toString(): string {
    return this.text
  }
}
