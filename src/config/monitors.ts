import * as z from 'zod'
import { compileJsonPath } from '../lib/json-path.ts'
import { Pattern } from '../lib/pattern.ts'
import { DNS_RESOLVER } from './dns-resolver.ts'
import { locations } from './location-schemas.ts'
import { monitorId } from './monitor-ids.ts'
import { severity } from './rules.ts'
import {
  fetchedUrl,
  headerValueText,
  hostText,
  labels,
  lineText,
  monitoredUrlText,
  runbook,
  secretText,
  slug,
  whenUnset,
} from './text.ts'
import { isTemplate } from './text-rules.ts'

/** Seconds, as uptime services have them. */
const seconds = z.number().positive()
const regularExpression = z.string().refine(isRegularExpression, {
  error: 'a regular expression, without look-around and back references',
})

/** A status code, a class of them such as `2xx`, or a range such as `200-299`. */
const status = z.union([
  z.number().int().min(100).max(599),
  z
    .string()
    .regex(/^([1-5]xx|[1-5]\d\d(-[1-5]\d\d)?)$/, { error: 'a status such as 200, "2xx" or "200-299"' })
    .refine((text) => !text.includes('-') || text.slice(0, 3) <= text.slice(4), {
      error: 'a range that begins with the lower status',
    }),
])

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What a value found by a JSONPath (RFC 9535) must be like; all that is given must hold. */
const jsonAssertion = z
  .strictObject({
    path: z
      .string()
      .refine(isJsonPath, { error: 'a JSONPath (RFC 9535, without match and search), which starts with $' }),
    equals: scalar.optional(),
    not: scalar.optional(),
    greater: z.number().optional(),
    less: z.number().optional(),
    exists: z.boolean().optional(),
    matches: regularExpression.optional(),
  })
  .refine((each) => Object.keys(each).length > 1, {
    error: 'one of equals, not, greater, less, exists, matches',
  })

/** A header's name (RFC 9110, 5.1). */
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'the name of a header' })

const headerAssertion = z
  .strictObject({
    name: headerName,
    equals: z.string().optional(),
    contains: z.string().optional(),
    matches: regularExpression.optional(),
    exists: z.boolean().optional(),
  })
  .refine((each) => Object.keys(each).length > 1, { error: 'one of equals, contains, matches, exists' })

const maxLatencyMs = z.number().int().positive()

/** What an HTTP answer must be like. One that is only too slow makes the monitor degraded, not down. */
const httpExpectation = z.strictObject({
  status: z.array(status).min(1).default(['2xx']),
  body: z
    .strictObject({
      contains: z.array(z.string().min(1)).default([]),
      notContains: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  json: z.array(jsonAssertion).default([]),
  headers: z.array(headerAssertion).default([]),
  maxLatencyMs: maxLatencyMs.optional(),
})

/** What every monitor has. */
const common = {
  /** Shown to people. */
  name: lineText(100),
  /** Keeps history and incidents together when the name changes; by default derived from the name. */
  id: slug.max(80).optional(),
  /** Under which heading the status page shows it. */
  group: lineText(100).optional(),
  /**
   * Whether the status page shows it. Its name, state, uptime and latency are shown then; its address and the reasons
   * of its failures only if they are asked for here.
   */
  public: z
    .union([
      z.boolean(),
      z.strictObject({ url: z.boolean().default(false), reason: z.boolean().default(false) }),
    ])
    .default(true),
  /** Of the alert that fires while it is down. */
  severity: severity.default('critical'),
  labels,
  runbook,
  /** Names or ids of monitors: while one of them is down, this one pages nobody. */
  dependsOn: z.array(z.string()).default([]),
  whenUnset,
}

/** What every monitor has that asks, rather than waits to be told. */
const asking = {
  ...common,
  /** Seconds from one check to the next; checks begin with the cron, once a minute at most. */
  interval: seconds.min(60).max(86_400).default(60),
  /** Seconds for one check: connection, answer and body. */
  timeout: seconds.max(60).default(10),
  /** So many failed checks in a row make it down, seen from one location. */
  failures: z.number().int().min(1).max(10).default(2),
  /** So many good checks in a row make it up again. */
  recoveries: z.number().int().min(1).max(10).default(2),
}

/** What every monitor has that is checked from places on earth. */
const remote = {
  ...asking,
  /** Where it is checked from; more than half of the locations that know must find it down. */
  locations: locations.prefault(['us-east', 'eu-west']),
}

const http = z
  .strictObject({
    ...remote,
    type: z
      .literal('http')
      .optional()
      .transform(() => 'http' as const),
    url: monitoredUrlText,
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
    headers: z.record(headerName, headerValueText).default({}),
    /** Text is sent as it is; anything else as JSON. */
    body: z.json().optional(),
    /** Basic authentication. */
    auth: z
      .strictObject({
        username: z.string().regex(/^[^:]+$/, { error: 'a name without a colon' }),
        password: secretText,
      })
      .optional(),
    /** Whether redirects are followed, five at most. */
    followRedirects: z.boolean().default(true),
    expect: httpExpectation.prefault({}),
  })
  .refine(({ method, body }) => body === undefined || !['GET', 'HEAD'].includes(method), {
    path: ['body'],
    error: 'no body with GET or HEAD',
  })
  .refine(({ method, expect }) => method !== 'HEAD' || !isAboutBody(expect), {
    path: ['expect'],
    error: 'nothing about the body: an answer to HEAD has none',
  })

const isAboutBody = ({ body, json }: z.infer<typeof httpExpectation>): boolean =>
  body.contains.length + body.notContains.length + json.length > 0

const latencyExpectation = z.strictObject({ maxLatencyMs: maxLatencyMs.optional() }).prefault({})

const tcp = z.strictObject({
  ...remote,
  type: z.literal('tcp'),
  host: hostText,
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .refine((port) => port !== 25, { error: 'another port than 25, to which Workers may not connect' }),
  expect: latencyExpectation,
})

const dns = z.strictObject({
  ...remote,
  type: z.literal('dns'),
  /** The name to look up. */
  host: hostText,
  record: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'CAA', 'SRV']).default('A'),
  /** A DNS-over-HTTPS server that answers in JSON. */
  resolver: fetchedUrl.default(DNS_RESOLVER),
  expect: z
    .strictObject({
      /** Records that must be among the answers; without any, one answer will do. */
      records: z.array(z.string().min(1)).default([]),
      maxLatencyMs: maxLatencyMs.optional(),
    })
    .prefault({}),
})

/** One of Edgewatch's own routes, called through a loopback binding: without DNS and Cloudflare's front door. */
const service = z.strictObject({
  ...asking,
  type: z.literal('service'),
  path: z
    .string()
    .refine(isPath, { error: 'the path of a route, which starts with one /' })
    .default('/health'),
  expect: httpExpectation.prefault({}),
})

/** Our own dependencies, as the health check probes them. */
const mongodb = z.strictObject({ ...asking, type: z.literal('mongodb'), expect: latencyExpectation })
const redis = z.strictObject({ ...asking, type: z.literal('redis'), expect: latencyExpectation })

/** A job that comes once a year is as rare as one can be watched. */
const MAX_SILENCE_SECONDS = 366 * 86_400

/** A job that says when it is done, with `POST /heartbeat/<id>`. */
const heartbeat = z.strictObject({
  ...common,
  type: z.literal('heartbeat'),
  /** Seconds from one beat to the next. */
  every: seconds.min(60).max(MAX_SILENCE_SECONDS),
  /** So many seconds late it is down. */
  grace: z.number().nonnegative().max(MAX_SILENCE_SECONDS).default(300),
})

/** Something that is watched. The document's fields and units are kept: durations are seconds. */
export const monitor = z
  .discriminatedUnion('type', [http, tcp, dns, service, mongodb, redis, heartbeat])
  // History and incidents are stored under the id, so it must not change with a variable.
  .refine(({ id, name }) => id !== undefined || !isTemplate(String(name)), {
    path: ['id'],
    error: 'an id, because the name contains a ${NAME}',
  })
  .transform((each) => ({ ...each, id: monitorId(each) }))

/** See `monitor`. */
export type MonitorConfig = z.infer<typeof monitor>
/** The configuration of monitors of one type. */
export type MonitorOf<Type extends MonitorConfig['type']> = Extract<MonitorConfig, { type: Type }>
export type HttpExpectation = z.infer<typeof httpExpectation>
export type JsonAssertion = z.infer<typeof jsonAssertion>
export type HeaderAssertion = z.infer<typeof headerAssertion>

/** Whether a text is the path of a route, with or without a query: two slashes would begin the name of a host. */
function isPath(text: string): boolean {
  const base = 'https://edgewatch.internal'
  return text.startsWith('/') && URL.parse(text, base)?.origin === base
}

function isJsonPath(text: string): boolean {
  try {
    return compileJsonPath(text) !== undefined
  } catch {
    return false
  }
}

/** See `Pattern`. */
function isRegularExpression(text: string): boolean {
  try {
    return new Pattern(text) !== undefined
  } catch {
    return false
  }
}
