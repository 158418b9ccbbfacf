import { env, waitUntil } from 'cloudflare:workers'
import { runTick } from './alerts/job.ts'
import { createApp } from './app.ts'
import { askHourly } from './business/job.ts'
import { newId } from './lib/ids.ts'
import { runWithContext } from './logging/context.ts'
import { runMonitors } from './monitors/job.ts'
import { servicesOf } from './services.ts'

export {
  AlertLedger,
  EventQueue,
  HealthMonitor,
  IncidentBook,
  MetricsStore,
  MongoGateway,
  PushStore,
  RegionProber,
  UptimeMonitor,
} from './objects.ts'

const app = createApp(servicesOf(env))

export default {
  fetch: app.fetch,

  async scheduled(controller) {
    const { config, ledger, uptime, business, log, errors, recorder } = servicesOf(env)
    // At the same time: neither waits for the other. Without monitors nothing is called.
    await runWithContext({ requestId: newId() }, () =>
      Promise.all([
        runTick(controller.scheduledTime, ledger(), { log, errors }),
        config.monitors.length > 0 && runMonitors(controller.scheduledTime, uptime(), { log, errors }),
      ]),
    )
    if (business?.asksDatabase) waitUntil(askHourly(controller.scheduledTime, business.queue(), log))
    // An isolate that only the cron uses has no request that would hand over what was counted.
    recorder.flushLater(waitUntil)
  },
} satisfies ExportedHandler<Env>
