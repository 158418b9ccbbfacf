import { env, waitUntil } from 'cloudflare:workers'
import { runTick } from './alerts/job.ts'
import { createApp } from './app.ts'
import { newId } from './lib/ids.ts'
import { runWithContext } from './logging/context.ts'
import { servicesOf } from './services.ts'

export {
  AlertLedger,
  HealthMonitor,
  IncidentBook,
  MetricsStore,
  MongoGateway,
  RegionProber,
  UptimeMonitor,
} from './objects.ts'

const app = createApp(servicesOf(env))

export default {
  fetch: app.fetch,

  async scheduled(controller) {
    const { ledger, log, errors, recorder } = servicesOf(env)
    await runWithContext({ requestId: newId() }, () =>
      runTick(controller.scheduledTime, ledger(), { log, errors }),
    )
    // An isolate that only the cron uses has no request that would hand over what was counted.
    recorder.flushLater(waitUntil)
  },
} satisfies ExportedHandler<Env>
