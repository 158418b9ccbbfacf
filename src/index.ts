import { DurableObject } from 'cloudflare:workers'

export class MetricsStore extends DurableObject {}
export class HealthMonitor extends DurableObject {}
export class MongoGateway extends DurableObject {}
export class AlertLedger extends DurableObject {}

export default {
  fetch: () => new Response('ok'),
}
