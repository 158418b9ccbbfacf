import type { Options } from 'toucan-js'
import type { Json } from '../../lib/redact.ts'
import { redact, redactString } from '../../lib/redact.ts'
import { oneLine } from '../../lib/text.ts'
import type { ActiveContext, Breadcrumb } from '../../logging/context.ts'
import type { ErrorContext } from '../../logging/model.ts'

/** An event as Sentry takes it. https://develop.sentry.dev/sdk/data-model/event-payloads/ */
export type SentryEvent = Parameters<NonNullable<Options['beforeSend']>>[0]

/** What is known of an error when it is reported. */
export interface Report {
  readonly context: ErrorContext | undefined
  readonly work: ActiveContext | undefined
  readonly breadcrumbs: readonly Breadcrumb[]
  /** What an AggregateError holds: Sentry's client looks at causes only. */
  readonly errors: readonly unknown[] | undefined
  /** How many reports of the same error were only counted since the last one. */
  readonly suppressed: number
}

/** The tags of an event: those of the report, and the ids of the work under way. */
export function tagsOf({ context, work }: Report): Record<string, string> {
  const ids = {
    ...(work?.requestId && { request_id: work.requestId }),
    ...(work?.cfRay && { cf_ray: work.cfRay }),
  }
  return Object.fromEntries(
    Object.entries({ ...ids, ...context?.tags }).map(([name, value]) => [oneLine(name, 32), tagValue(value)]),
  )
}

/** Headers that tell of what was sent, and not of who sent it. */
const SHOWN_HEADERS = ['accept', 'content-length', 'content-type', 'user-agent']

/**
 * An event with what the report knows, and without all that must not leave: secrets, query values, addresses, cookies,
 * bodies and whatever else an integration may have added.
 */
export function finishedEvent(event: SentryEvent, report: Report): SentryEvent {
  const { user: _user, server_name: _host, request: _request, exception, ...rest } = event
  const trace = event.contexts?.trace
  const route = report.context?.tags?.route
  return {
    ...rest,
    ...(route && { transaction: [report.work?.request?.method, route].filter(Boolean).join(' ') }),
    ...(exception && { exception: withoutSecrets(exception) }),
    breadcrumbs: report.breadcrumbs.map(breadcrumbOf),
    contexts: {
      ...(redact({ ...event.contexts, ...report.context?.contexts }) as Record<string, Record<string, Json>>),
      ...(trace && { trace }),
    },
    extra: {
      ...(redact(event.extra ?? {}) as Record<string, Json>),
      ...(report.errors && { errors: redact(report.errors) }),
      ...(report.suppressed > 0 && { suppressed: report.suppressed }),
    },
    ...(report.work?.request && { request: requestOf(report.work.request) }),
  } as SentryEvent
}

function withoutSecrets(exception: NonNullable<SentryEvent['exception']>): SentryEvent['exception'] {
  return {
    values: (exception.values ?? []).map((each) => ({
      ...each,
      ...(each.type !== undefined && { type: redactString(String(each.type), 200) }),
      ...(each.value !== undefined && { value: redactString(String(each.value)) }),
    })),
  }
}

function breadcrumbOf({ timeMs, level, event, fields }: Breadcrumb) {
  return {
    timestamp: timeMs / 1000,
    type: 'default',
    category: 'log',
    level: level === 'warn' ? 'warning' : level,
    message: redactString(event, 200),
    ...(fields && { data: redact(fields) }),
  }
}

function requestOf(request: Request) {
  const url = URL.parse(request.url)
  const headers = SHOWN_HEADERS.flatMap((name) => {
    const value = request.headers.get(name)
    return value === null ? [] : [[name, redactString(value, 500)] as const]
  })
  return {
    method: request.method,
    ...(url && { url: `${url.origin}${redactString(url.pathname, 1_000)}` }),
    headers: Object.fromEntries(headers),
  }
}

const tagValue = (value: unknown): string => oneLine(redactString(String(value)), 200)
