// Runs inside workerd: what each middleware adds to a bare Hono request, timed there, with no HTTP in between.
import { httpInstrumentationMiddleware } from '@hono/otel'
import { prometheus } from '@hono/prometheus'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { Hono } from 'hono'
import { systemClock } from '../../src/lib/clock.ts'
import { observe } from '../../src/observe/middleware.ts'

interface BenchEnv {
  ANALYTICS: AnalyticsEngineDataset
}

type Variant = (env: BenchEnv) => Hono

const ROUTES = 10

/** The application that every variant observes: some routes, one of them with a parameter. */
function withRoutes<Variables extends object>(app: Hono<{ Variables: Variables }>): Hono {
  for (let index = 0; index < ROUTES; index++) app.get(`/route-${index}`, (c) => c.text('ok'))
  app.get('/items/:id', (c) => c.text('ok'))
  return app as unknown as Hono
}

const variants: Record<string, Variant> = {
  bare: () => withRoutes(new Hono()),
  noop: () => withRoutes(new Hono().use((_, next) => next())),
  edgewatch: (env) =>
    withRoutes(
      new Hono().use(
        observe({
          clock: systemClock,
          slowMs: 1000,
          recorder: { recordRequest() {}, needsFlush: false, flushLater() {} },
          analytics: { dataset: env.ANALYTICS, labels: { environment: 'bench', deployment: 'bench' } },
        }),
      ),
    ),
  prometheus: () => {
    const { registerMetrics } = prometheus()
    return withRoutes(new Hono().use('*', registerMetrics))
  },
  otel: () => {
    const discard: SpanExporter = {
      export: (_, done) => done({ code: 0 }),
      shutdown: async () => {},
    }
    const meterProvider = new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({
          exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
          exportIntervalMillis: 3_600_000,
        }),
      ],
    })
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(discard)] })
    return withRoutes(
      new Hono().use(httpInstrumentationMiddleware({ serviceName: 'bench', tracerProvider, meterProvider })),
    )
  },
}

const apps = new Map<string, Hono>()

export default {
  /** `?variant=…&requests=…`: nanoseconds per request, of one round. */
  async fetch(request: Request, env: BenchEnv, ctx: ExecutionContext): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const name = searchParams.get('variant') ?? ''
    const requests = Number(searchParams.get('requests'))
    const create = variants[name]
    if (!create) return Response.json(Object.keys(variants))
    const app = apps.get(name) ?? create(env)
    apps.set(name, app)

    const startMs = performance.now()
    for (let index = 0; index < requests; index++) {
      const path = index % 2 === 0 ? `/route-${index % ROUTES}` : `/items/${index}`
      await app.fetch(new Request(`http://bench${path}`), env, ctx)
    }
    return Response.json({ nsPerRequest: ((performance.now() - startMs) / requests) * 1e6 })
  },
}
