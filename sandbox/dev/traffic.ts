import { seededRandom } from './seeded-random.ts'

/** A little use of the service, so that there is something to look at. */
export interface Traffic {
  stop(): void
}

/** Whom to send to, and how often. */
export interface TrafficSettings {
  readonly serviceUrl: string
  readonly adminToken: string
  readonly ingestToken: string
  /** Between two rounds of at most `MAX_REQUESTS` requests, one of them with events. */
  readonly everySeconds: number
}

const MAX_REQUESTS = 5
const MAX_EVENTS = 8
/** What people look at; some of it isn't there. */
const PATHS = ['/', '/', '/health', '/health/ready', '/health/detailed', '/status', '/not-there']
const ACTIONS = ['login', 'upload', 'analyze', 'export', 'share']
const FRAMEWORKS = ['CSRD', 'CSRD', 'CSRD', 'GRI', 'GRI', 'SASB', 'TCFD', 'CDP']
const TIERS = ['free', 'free', 'starter', 'starter', 'growth', 'enterprise']

/** Looks at pages and sends events, now and every `everySeconds`, one round after another; what fails is passed over. */
export function startTraffic({
  serviceUrl,
  adminToken,
  ingestToken,
  everySeconds,
}: TrafficSettings): Traffic {
  const stopped = new AbortController()
  const random = seededRandom(4711)
  let timer: NodeJS.Timeout | undefined

  const send = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(serviceUrl + path, { ...init, signal: stopped.signal })
    await response.arrayBuffer()
  }
  const round = async () => {
    try {
      const requests = Math.floor(random() * MAX_REQUESTS)
      for (let request = 0; request < requests; request++) await send(pick(PATHS, random))
      await send('/events', {
        method: 'POST',
        headers: { Authorization: `Bearer ${ingestToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ events: someEvents(random) }),
      })
    } catch {
      // it was broken on purpose, or is about to end
    }
    if (!stopped.signal.aborted) timer = setTimeout(round, everySeconds * 1000)
  }
  const admin = { method: 'POST', headers: { Authorization: `Bearer ${adminToken}` } }
  send('/admin/business/refresh', admin).catch(() => {})
  round()

  return {
    stop() {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}

/** Events as an application sends them, one at least. */
function someEvents(random: () => number): object[] {
  return Array.from({ length: 1 + Math.floor(random() * MAX_EVENTS) }, () => {
    const user = `user-${String(1 + Math.floor(random() ** 2 * 120)).padStart(3, '0')}`
    const kind = random()
    if (kind < 0.5) return { type: 'user_activity', user_id: user, action: pick(ACTIONS, random) }
    if (kind < 0.7) {
      const isHit = random() < 0.8
      return { type: 'cache_operation', operation: 'get', status: isHit ? 'hit' : 'miss' }
    }
    if (kind < 0.98) {
      return {
        type: 'analysis_completed',
        user_id: user,
        framework: pick(FRAMEWORKS, random),
        user_tier: pick(TIERS, random),
        metrics_extracted: Math.floor(random() ** 3 * 220),
        coverage_percentage: 20 + Math.floor(random() * 80),
      }
    }
    return { type: 'subscription_changed', user_id: user, tier: pick(TIERS, random) }
  })
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)] as T
