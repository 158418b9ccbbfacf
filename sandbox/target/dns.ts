/** Numbers of record types (https://www.iana.org/assignments/dns-parameters). */
const TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 }
type RecordType = keyof typeof TYPES
const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3

const ZONE: Readonly<Record<string, Readonly<Partial<Record<RecordType, readonly string[]>>>>> = {
  'app.example': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    MX: ['10 Mail.App.Example.'],
    NS: ['ns1.app.example.', 'ns2.app.example.'],
    TXT: ['"v=spf1 -all"', '"one, " "and another"'],
  },
  'www.app.example': { CNAME: ['app.example.'] },
  // Behind Cloudflare: https://www.cloudflare.com/ips/
  'proxied.example': { A: ['104.16.132.229'] },
}

const without = (text: string, end: string) => (text.endsWith(end) ? text.slice(0, -end.length) : text)

/**
 * What a public resolver answers, in JSON, from a small zone; `broken.example` is SERVFAIL.
 * https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
 */
export function resolveInZone(name: string, type: string) {
  const Question = [{ name, type }]
  const asked = without(name.toLowerCase(), '.')
  const records = ZONE[asked]
  if (!records) return { Status: asked === 'broken.example' ? SERVFAIL : NXDOMAIN, Question }

  const alias = type === 'CNAME' ? undefined : records.CNAME?.[0]
  const found = (alias === undefined ? records : ZONE[without(alias, '.')])?.[type as RecordType] ?? []
  const record = (of: string, kind: RecordType, data: string) => ({
    name: of,
    type: TYPES[kind],
    TTL: 60,
    data,
  })
  const Answer = [
    ...(alias === undefined ? [] : [record(name, 'CNAME', alias)]),
    ...found.map((data) => record(alias ?? name, type as RecordType, data)),
  ]
  return { Status: NOERROR, Question, ...(Answer.length > 0 && { Answer }) }
}
