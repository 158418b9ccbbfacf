import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slackError } from '../../sandbox/inbox/slack.ts'
import { DELIVERY_TIMEOUT_MS } from '../../src/alerts/delivery.ts'
import type { Receiver } from '../../src/alerts/receiver.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import type { Fetch } from '../../src/lib/http-client.ts'
import { err } from '../../src/lib/result.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createPagerDutyReceiver } from '../../src/vendors/pagerduty/receiver.ts'
import { createSlackReceiver } from '../../src/vendors/slack/receiver.ts'
import { ACCEPTED, DOWN, FakeReceiver, inWorld, MONGODB_DOWN, type World } from './world.ts'

/** The most that the free plan lets one invocation send. */
const SUBREQUESTS = 50

/** A platform that counts requests by invocation, here by alarm, and receivers behind it. */
class Platform {
  /** Requests of other parts in each invocation, such as error reports. */
  readonly #others: number
  #sent = 0
  refused = 0
  mostAtOnce = 0
  #underWay = 0
  invocations = 0
  /** What was accepted: the body of each request. */
  readonly accepted: { url: string; body: string }[] = []
  answer: (url: string, body: string) => Response = () => new Response('ok')

  constructor(world: World, others: number) {
    this.#others = others
    const alarm = world.alarm.bind(world)
    world.alarm = (info) => {
      this.invocations += 1
      this.#sent = this.#others
      return alarm(info)
    }
  }

  readonly fetch: Fetch = async (url, { body }) => {
    this.#sent += 1
    if (this.#sent > SUBREQUESTS) {
      this.refused += 1
      throw new Error('Too many subrequests.')
    }
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    await null
    this.#underWay -= 1
    const answer = this.answer(url, String(body))
    if (answer.ok) this.accepted.push({ url, body: String(body) })
    return answer
  }
}

/** The ledger's receivers, with PagerDuty and Slack as they are in production. */
function useRealReceivers(world: World, platform: Platform): void {
  const deps = { fetcher: platform.fetch }
  const url = (name: string) => `https://${name}.example/hook`
  const real: Receiver[] = ['pager', 'pager2'].map((name) =>
    createPagerDutyReceiver(
      { name, type: 'pagerduty', routingKey: new Secret('k'.repeat(32)), url: url(name), whenUnset: 'fail' },
      deps,
    ),
  )
  real.push(
    createSlackReceiver(
      { name: 'chat', type: 'slack', webhookUrl: new Secret(url('chat')), whenUnset: 'fail' },
      deps,
    ),
  )
  world.receivers = real.map((receiver) => {
    const fake = new FakeReceiver(receiver.name, receiver.grouping)
    if (receiver.fits) fake.fits = receiver.fits
    fake.answer = ([first, ...rest]) => receiver.deliver([first!, ...rest], world.now)
    return fake
  })
  world.routes = { ...world.routes, critical: real.map(({ name }) => name) }
}

function storm(world: World, alerts: number, summary = 'MongoDB is down'): void {
  world.rules = Array.from({ length: alerts }, (_, index) => ({
    ...MONGODB_DOWN,
    id: `alert-${index}`,
    summary: `${summary} (${index})`,
  }))
  world.mongodb = DOWN
}

const pages = (platform: Platform) =>
  platform.accepted
    .filter(({ url }) => url.includes('pager'))
    .map(({ url, body }) => `${url} ${(JSON.parse(body) as { dedup_key: string }).dedup_key}`)

const settled = (world: World) =>
  [...world.state.storage.sql.exec('SELECT receiver, attempts, state FROM outbox')] as {
    receiver: string
    attempts: number
    state: string
  }[]

describe('an alert storm', () => {
  it('is delivered in several alarms, within the 50 requests of each, at the first attempt', () =>
    inWorld(async (world) => {
      const platform = new Platform(world, 20)
      useRealReceivers(world, platform)
      storm(world, 120)
      await world.tick()
      const startMs = world.now
      await world.runAlarms()
      expect(world.now).toBe(startMs) // the next alarm follows at once
      expect(platform.refused).toBe(0)
      expect(platform.invocations).toBeGreaterThan(5)
      expect(platform.mostAtOnce).toBeLessThanOrEqual(5)
      expect(new Set(pages(platform)).size).toBe(240)
      expect(pages(platform)).toHaveLength(240)
      expect(settled(world).map(({ attempts, state }) => `${state} ${attempts}`)).toEqual(
        Array(360).fill('delivered 1'),
      )
    }))

  it('counts no attempt that the platform did not let it make, and goes on with the next alarm', async () => {
    let refusals = 0
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 30, max: 48 }),
      (alerts, others) =>
        inWorld(async (world) => {
          const platform = new Platform(world, others)
          useRealReceivers(world, platform)
          storm(world, alerts)
          await world.tick()
          await world.runAlarms()
          refusals += platform.refused
          expect(new Set(pages(platform)).size).toBe(2 * alerts)
          expect(pages(platform)).toHaveLength(2 * alerts)
          expect(new Set(settled(world).map(({ attempts, state }) => `${state} ${attempts}`))).toEqual(
            new Set(['delivered 1']),
          )
        }),
    )
    // The examples alone reach the limit again and again, whatever the random runs do.
    await fc.assert(property, {
      numRuns: 12,
      examples: [
        [20, 48],
        [20, 46],
      ],
    })
    expect(refusals).toBeGreaterThan(10)
  })

  it('waits a minute where an alarm may send nothing at all', () =>
    inWorld(async (world) => {
      const platform = new Platform(world, SUBREQUESTS)
      useRealReceivers(world, platform)
      storm(world, 1)
      await world.tick()
      await world.advance(DELIVERY_TIMEOUT_MS)
      expect(platform.invocations).toBe(1)
      expect(settled(world).map(({ attempts, state }) => `${state} ${attempts}`)).toEqual(
        Array(3).fill('pending 0'),
      )
    }))

  it('waits a minute where an alarm may send only a message that is refused for its size', () =>
    inWorld(async (world) => {
      let requests = 0
      const unsent = err({ message: 'too many requests', retryable: true, unsent: true } as const)
      world.routes = { ...world.routes, critical: ['chat'] }
      world.receiver('chat').answer = (notifications) => {
        requests += 1
        if (requests > 10) throw new Error('the alarm never rests')
        return notifications.length > 1
          ? err({ message: 'invalid_blocks', retryable: false, tooLarge: true })
          : unsent
      }
      storm(world, 2)
      await world.tick()
      await world.advance(MINUTE_MS - 1)
      expect(requests).toBe(2)
      await world.advance(1)
      expect(requests).toBe(4)
      world.receiver('chat').answer = () => ACCEPTED
      await world.advance(MINUTE_MS)
      expect(world.receiver('chat').told).toEqual(['firing alert-0', 'firing alert-1'])
    }))
})

describe('a Slack channel in an alert storm', () => {
  const textsOf = (platform: Platform) =>
    platform.accepted.filter(({ url }) => url.includes('chat')).map(({ body }) => body)

  /** Slack as the sandbox's inbox plays it. */
  const slack = (_url: string, body: string) => {
    const error = slackError(JSON.parse(body))
    return error ? new Response(error, { status: 400 }) : new Response('ok')
  }

  it('gets messages within its limits, with every alert in one of them', async () => {
    let most = 0
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 290 }),
      fc.constantFrom('x', '&', '😀', 'é'),
      (alerts, length, character) =>
        inWorld(async (world) => {
          const platform = new Platform(world, 0)
          useRealReceivers(world, platform)
          world.routes = { ...world.routes, critical: ['chat'] }
          platform.answer = slack
          storm(world, alerts, character.repeat(length))
          await world.tick()
          await world.runAlarms()
          expect(new Set(settled(world).map(({ attempts, state }) => `${state} ${attempts}`))).toEqual(
            new Set(['delivered 1']),
          )
          const texts = textsOf(platform)
          most = Math.max(most, texts.length)
          for (let index = 0; index < alerts; index++) {
            expect(texts.filter((text) => text.includes(`?alert=alert-${index}|`))).toHaveLength(1)
          }
        }),
    )
    // The example alone needs several messages, whatever the random runs do.
    await fc.assert(property, { numRuns: 12, examples: [[70, 290, '&']] })
    expect(most).toBeGreaterThan(2)
  })

  it.each(['invalid_attachments', 'msg_blocks_too_long'])(
    'gets every other alert when it refuses one with %s, and that one as plain text',
    (error) =>
      inWorld(async (world) => {
        const platform = new Platform(world, 0)
        useRealReceivers(world, platform)
        world.routes = { ...world.routes, critical: ['chat'] }
        platform.answer = (_url, body) =>
          body.includes('?alert=alert-3|') ? new Response(error, { status: 400 }) : new Response('ok')
        storm(world, 40)
        await world.tick()
        await world.runAlarms()
        expect(new Set(settled(world).map(({ state }) => state))).toEqual(new Set(['delivered']))
        const texts = textsOf(platform)
        for (let index = 0; index < 40; index++) {
          const having = texts.filter((text) => text.includes(`MongoDB is down (${index})`))
          expect(having).toHaveLength(1)
        }
        expect(world.lines.filter(({ event }) => event === 'message_divided')).toMatchObject([
          { level: 'warn', fields: { receiver: 'chat', reason: `Slack answered 400: ${error}` } },
        ])
      }),
  )

  it('loses only the alert that it refuses in every form', () =>
    inWorld(async (world) => {
      const platform = new Platform(world, 0)
      useRealReceivers(world, platform)
      world.routes = { ...world.routes, critical: ['chat'] }
      platform.answer = (_url, body) =>
        body.includes('(3)') ? new Response('invalid_payload', { status: 400 }) : new Response('ok')
      storm(world, 20)
      await world.tick()
      await world.runAlarms()
      expect(world.ledger.status().notifications).toEqual({ pending: 0, dead: 1 })
      expect(world.ledger.overview().outbox.dead).toMatchObject([
        { notification: { alert: 'alert-3' }, lastError: 'Slack answered 400: invalid_payload' },
      ])
    }))
})
