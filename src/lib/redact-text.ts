import { REDACTED } from './secret.ts'

/** Words that make a name secret wherever they stand in it, whatever its case and separators. */
const SECRET_WORDS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apikey',
  'accesskey',
  'privatekey',
  'routingkey',
  'signingkey',
  'encryptionkey',
  'credential',
  'connectionstring',
  'connectionuri',
  'webhookur', // url and uri
  'sessionid',
]

/** Words too short for that: they count only as a whole word, as in `sentry_dsn` or `sentryDsn`. */
const SHORT_SECRET_WORDS = new Set(['dsn', 'pwd', 'auth', 'jwt', 'csrf', 'sid', 'pass'])

/** What a name says of its value: that it is a secret, that it is a query string or its parameters, or nothing. */
export type NameKind = 'secret' | 'query' | 'other'

const QUERY_NAMES = new Set(['query', 'querystring', 'queryparams', 'searchparams', 'search'])

// Names stand in the code, so there are few. Where somebody makes them up at run time, no more are kept.
const MAX_KNOWN_NAMES = 1_000
const knownKinds = new Map<string, NameKind>()

/** What `password`, `X-Api-Key`, `sentryDsn` or `query_params` say of their values. */
export function kindOfName(name: string): NameKind {
  const known = knownKinds.get(name)
  if (known) return known
  const kind = classify(name)
  if (knownKinds.size < MAX_KNOWN_NAMES && name.length <= 256) knownKinds.set(name, kind)
  return kind
}

function classify(name: string): NameKind {
  const squashed = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (QUERY_NAMES.has(squashed)) return 'query'
  if (SECRET_WORDS.some((word) => squashed.includes(word))) return 'secret'
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.some((word) => SHORT_SECRET_WORDS.has(word)) ? 'secret' : 'other'
}

/** A query string with the values hidden and the names kept: `?a=[redacted]&b=[redacted]`. */
export function redactQuery(query: string): string {
  if (query === '' || query === '?') return query
  const start = query.startsWith('?') ? '?' : ''
  const names = query
    .slice(start.length)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0 ? pair : `${pair.slice(0, equals)}=${REDACTED}`
    })
  return start + names.join('&')
}

// All patterns below take linear time: no repetition without a bound may start anew within what it has scanned.
const SCHEME_CREDENTIALS = /\b(bearer|basic)(\s+)[^\s"',;<>]+/gi
const QUERY_VALUE = /([?&][^\s=&#?"'<>]+=)[^\s&#"'<>]*/g
const WEBHOOK_PATH = /(hooks\.slack\.com\/\w{1,20}\/|discord(?:app)?\.com\/api\/webhooks\/)[^\s"'<>]+/gi
const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g
const NAMED_SECRET = new RegExp(
  [
    '((?:password|passwd|passphrase|secret|token|authorization|cookie|credential|(?<![a-z])(?:dsn|pwd)',
    '|(?:api|access|private|routing|signing|encryption)[-_ ]?key|connection[-_ ]?(?:string|uri)|webhook[-_ ]?ur[il])',
    '[\\w-]{0,30}\\\\*["\']?\\s{0,4}[:=]\\s{0,4})',
    // The value: quoted, or up to white space; of a header up to the end of the line.
    '(\\\\*"[^"\\r\\n]*"?|\\\\*\'[^\'\\r\\n]*\'?|(?<=(?:authorization|cookie)\\s{0,4}:\\s{0,4})[^\\r\\n]+|[^\\s&]+)',
  ].join(''),
  'gi',
)

/**
 * A text with its credentials hidden: the userinfo of URIs, what follows `Bearer` and `Basic`, values of query
 * strings, values of names such as `password=`, secret paths of known webhooks, and JSON web tokens.
 */
export function redactText(text: string): string {
  let result = text
  if (result.includes('://')) result = redactUserinfo(result)
  if (result.includes('?') || result.includes('&')) result = result.replace(QUERY_VALUE, `$1${REDACTED}`)
  if (result.includes('.com/')) result = result.replace(WEBHOOK_PATH, `$1${REDACTED}`)
  if (result.includes('eyJ')) result = result.replace(JSON_WEB_TOKEN, REDACTED)
  if (result.includes(':') || result.includes('=')) result = result.replace(NAMED_SECRET, `$1${REDACTED}`)
  if (result.includes('asic') || /bearer|basic/i.test(result)) {
    result = result.replace(SCHEME_CREDENTIALS, `$1$2${REDACTED}`)
  }
  return result
}

const WEB_SCHEME = /(?:https?|wss?|ftp|file|node)$/i
const END_OF_URI = /[\s"'<>]/g
const END_OF_AUTHORITY = /[\s"'<>/?#\\]/g

/**
 * Hides `user:password@` in URIs. A web URL's authority ends at the first slash, as everywhere. In the URI of a
 * database all up to the last `@` is hidden: an unescaped slash in a password is just what makes drivers print it.
 */
function redactUserinfo(text: string): string {
  let result = ''
  let copied = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', Math.max(copied, at + 3))) {
    const start = at + 3
    const web = WEB_SCHEME.test(text.slice(Math.max(0, at - 5), at))
    const end = indexOfPattern(text, web ? END_OF_AUTHORITY : END_OF_URI, start)
    const sign = text.slice(start, end).lastIndexOf('@')
    if (sign >= 0) {
      result += `${text.slice(copied, start)}${REDACTED}`
      copied = start + sign
    }
    if (!web) at = Math.max(at, end - 3) // all of this run is seen
  }
  return result + text.slice(copied)
}

function indexOfPattern(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}
