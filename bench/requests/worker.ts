// Runs inside workerd: times what each middleware makes of a request, with no HTTP in between.
import { httpInstrumentationMiddleware } from '@hono/otel'
import { prometheus } from '@hono/prometheus'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Handler, MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { requestContext, runWithContext } from '../../src/logging/context.ts'
import { createLogger } from '../../src/logging/logger.ts'
import type { Logger } from '../../src/logging/model.ts'
import { MetricsBuffer } from '../../src/metrics/buffer.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import type { ObserveOptions, ObserveVariables } from '../../src/observe/middleware.ts'
import { observe } from '../../src/observe/middleware.ts'
import { servicesOf } from '../../src/services.ts'

/** An application under observation. */
interface Variant {
  readonly app: Hono<{ Variables: ObserveVariables }>
  /** Hands over what was collected; between rounds, so that nothing piles up. */
  readonly flush?: () => Promise<void>
}

const ROUTES = 10

// In production these hand over to the platform, which is not the middleware's doing: here they discard.
const sink = { points: 0, characters: 0 }
const dataset: AnalyticsEngineDataset = {
  writeDataPoint() {
    sink.points++
  },
}
const jsonLogger = createLogger({
  level: 'info',
  format: 'json',
  everyLine: { service: 'bench', version: '1.0.0', environment: 'production' },
  write: (_, line) => {
    sink.characters += line.length
  },
})

const variants: Record<string, () => Variant> = {
  bare: () => ({ app: application() }),
  'headers alone': () => ({ app: application(headersAlone) }),
  edgewatch: () => edgewatch({}),
  'edgewatch with log line': () =>
    edgewatch({
      log: jsonLogger,
      withContext: (c, requestId, work) => runWithContext(requestContext(requestId, c.req.raw), work),
    }),
  'edgewatch as deployed': deployed,
  '@hono/prometheus': () => ({ app: application(prometheus().registerMetrics) }),
  '@hono/otel': otel,
}

/** What is observed: some routes, one of them with a parameter. */
function application(middleware?: Handler): Variant['app'] {
  const app: Variant['app'] = new Hono()
  if (middleware) app.use(middleware)
  return withRoutes(app)
}

function withRoutes(app: Variant['app']): Variant['app'] {
  for (let index = 0; index < ROUTES; index++) app.get(`/route-${index}`, (c) => c.json({ status: 'ok' }))
  return app.get('/items/:id', (c) => c.json({ status: 'ok' }))
}

/** The whole service with its own routes, and all that `src/app.ts` puts around them, around those of the bench. */
function deployed(): Variant {
  const env = { VERSION: { id: crypto.randomUUID() }, ANALYTICS: dataset } as unknown as Env
  const services = servicesOf(env)
  const recorder = bufferTo(services.log)
  return {
    app: withRoutes(createApp({ ...services, log: jsonLogger, recorder })),
    flush: () => recorder.flush(),
  }
}

/** The least that reads a request id, makes one and sets our three headers: what of our cost the platform takes. */
const headersAlone: MiddlewareHandler = (c, next) => {
  const requestId = c.req.raw.headers.get('X-Request-Id') ?? crypto.randomUUID()
  return next().then(() => {
    const { headers } = c.res
    headers.set('X-Request-Id', requestId)
    headers.set('X-Process-Time', '0')
    headers.set('Server-Timing', 'total;dur=0')
  })
}

function edgewatch(more: Partial<ObserveOptions>): Variant {
  const silent = (): void => {}
  const log: Logger = { debug: silent, info: silent, warn: silent, error: silent }
  const recorder = bufferTo(log)
  const middleware = observe({
    clock: systemClock,
    slowMs: 1000,
    recorder,
    analytics: { dataset, labels: { environment: 'production', deployment: crypto.randomUUID() } },
    ...more,
  })
  return { app: application(middleware as Handler), flush: () => recorder.flush() }
}

/** A buffer that hands over to nobody. */
const bufferTo = (log: Logger) =>
  new MetricsBuffer({
    catalog: createCatalog('edgewatch'),
    maxSeries: 1000,
    flushSeconds: 5,
    send: async () => {},
    clock: systemClock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId: () => crypto.randomUUID(),
    log,
  })

function otel(): Variant {
  // As the SDK registers it: without it, spans have no parents.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const spanProcessor = new BatchSpanProcessor({
    export: (_, done) => done({ code: 0 }),
    shutdown: async () => {},
  })
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [spanProcessor] })
  const meterProvider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: {
          export: (_, done) => done({ code: 0 }),
          forceFlush: async () => {},
          shutdown: async () => {},
          selectAggregation: () => ({ type: AggregationType.DEFAULT }),
        },
      }),
    ],
  })
  const middleware = httpInstrumentationMiddleware({ serviceName: 'bench', tracerProvider, meterProvider })
  return {
    app: application(middleware),
    async flush() {
      await tracerProvider.forceFlush()
      await meterProvider.forceFlush()
    },
  }
}

/** What a browser and Cloudflare send along. */
const headers = new Headers({
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, br',
  'accept-language': 'en-GB,en;q=0.9',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'cf-connecting-ip': '203.0.113.7',
  'cf-ipcountry': 'NL',
  'cf-ray': '9a1b2c3d4e5f6a7b-AMS',
  'x-forwarded-proto': 'https',
})
const urls = Array.from({ length: 40 }, (_, index) => {
  const path = index % 2 === 0 ? `/route-${index % ROUTES}` : `/items/${index}`
  return `https://bench.example${path}?page=${index % 7}`
})

let variant: Variant | undefined

export default {
  /**
   * `/`: the names of the variants. `/round?variant=…&requests=…`: handles that many requests, and tells the time that
   * it took: `{ microseconds }`. An isolate runs one variant only, so that each is compiled for itself.
   */
  async fetch(request: Request, env: object, ctx: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/round') return Response.json(Object.keys(variants))
    variant ??= variants[searchParams.get('variant') ?? '']!()
    const { app, flush } = variant

    const requests = Number(searchParams.get('requests'))
    const startMs = performance.now()
    // A request made beforehand would keep what belongs to it alive, and cost the collector more than a real one.
    for (let index = 0; index < requests; index++) {
      await app.fetch(new Request(urls[index % urls.length]!, { headers }), env, ctx)
    }
    const microseconds = (performance.now() - startMs) * 1000
    await flush?.()
    return Response.json({ microseconds })
  },
}
