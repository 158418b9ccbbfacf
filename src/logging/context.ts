import { AsyncLocalStorage } from 'node:async_hooks'
import type { ErrorContext, LogFields, LogLevel } from './model.ts'

/** Something that was logged, kept to be told along with an error that follows. Its fields are not redacted yet. */
export interface Breadcrumb {
  readonly timeMs: number
  readonly level: LogLevel
  readonly event: string
  readonly fields: LogFields | undefined
}

/** What is known of the work under way: a request, a cron run, an object's alarm. Stands on each of its log lines. */
export interface WorkContext {
  readonly requestId?: string | undefined
  /** W3C trace context: the trace, and the caller's span within it. */
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  /** Cloudflare's own id of the request. */
  readonly cfRay?: string | undefined
  /** The request that is answered. */
  readonly request?: Request | undefined
}

/** A `WorkContext` that is under way, with what was logged within it. */
export interface ActiveContext extends WorkContext {
  /** The last lines, oldest first. */
  readonly breadcrumbs: Breadcrumb[]
}

const MAX_BREADCRUMBS = 20

const activeContext = new AsyncLocalStorage<ActiveContext>()

/** Does `work`; whatever is logged or reported within carries `context`. */
export function runWithContext<T>(context: WorkContext, work: () => T): T {
  return activeContext.run(active(context), work)
}

/** Written out instead of spread, because it is made for every request. */
function active({ requestId, traceId, spanId, cfRay, request }: WorkContext): ActiveContext {
  return { requestId, traceId, spanId, cfRay, request, breadcrumbs: [] }
}

/** The context that this code runs in; undefined outside of `runWithContext`. */
export function currentContext(): ActiveContext | undefined {
  return activeContext.getStore()
}

/** Keeps a line for an error that may follow. */
export function leaveBreadcrumb(context: ActiveContext, breadcrumb: Breadcrumb): void {
  if (context.breadcrumbs.length >= MAX_BREADCRUMBS) context.breadcrumbs.shift()
  context.breadcrumbs.push(breadcrumb)
}

/** The context of a request: its id, and what its headers tell of the trace. */
export function requestContext(requestId: string, request: Request): WorkContext {
  const { headers } = request
  const ray = headers.get('cf-ray')
  const trace = parseTraceparent(headers.get('traceparent'))
  return {
    requestId,
    traceId: trace?.traceId,
    spanId: trace?.spanId,
    cfRay: ray !== null && /^[\w-]{1,64}$/.test(ray) ? ray : undefined,
    request,
  }
}

/**
 * The ids in a `traceparent` header (W3C Trace Context, 3.2); undefined where it isn't a valid one. A version that we
 * don't know may have more behind, as the standard asks.
 */
export function parseTraceparent(
  header: string | null,
): { readonly traceId: string; readonly spanId: string } | undefined {
  if (header === null) return undefined
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header.trim())
  if (!match) return undefined
  const [, version, traceId, spanId, more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined
  return { traceId: traceId!, spanId: spanId! }
}

const activeErrorContext = new AsyncLocalStorage<ErrorContext>()
/** Where an error came out of `withErrorContext`: it is reported further out, where that context is over. */
const contextOfError = new WeakMap<object, ErrorContext>()

/**
 * Does `work`; every error that is reported within, or that comes out of it and is reported further out, carries these
 * tags and contexts. Nested ones add up; the inner one wins.
 */
export function withErrorContext<T>(context: ErrorContext, work: () => T): T {
  const merged = mergeErrorContexts(activeErrorContext.getStore(), context)
  const remember = (error: unknown): never => {
    if (typeof error === 'object' && error !== null && !contextOfError.has(error))
      contextOfError.set(error, merged)
    throw error
  }
  try {
    const result = activeErrorContext.run(merged, work)
    return result instanceof Promise ? (result.catch(remember) as T) : result
  } catch (error) {
    return remember(error)
  }
}

/**
 * What is known of an error that is reported here: what `withErrorContext` says of it, and what is given with it.
 * Undefined where that is nothing.
 */
export function errorContextOf(error: unknown, given?: ErrorContext): ErrorContext | undefined {
  const carried = typeof error === 'object' && error !== null ? contextOfError.get(error) : undefined
  return [given, activeErrorContext.getStore(), carried]
    .filter((each) => each !== undefined)
    .reduce<ErrorContext | undefined>(mergeErrorContexts, undefined)
}

/** Both contexts' tags and contexts; of those with the same name, the inner one's. */
function mergeErrorContexts(outer: ErrorContext | undefined, inner: ErrorContext): ErrorContext {
  if (!outer) return inner
  return {
    tags: { ...outer.tags, ...inner.tags },
    contexts: { ...outer.contexts, ...inner.contexts },
  }
}
