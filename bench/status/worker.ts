// Runs inside workerd: the status page of made-up monitors, and the same data as plain JSON.
import { DurableObject } from 'cloudflare:workers'
import { packHistories, unpackHistories } from '../../src/monitors/packed-history.ts'
import { overviewPage } from '../../src/status/overview-page.tsx'
import { publicStatus } from '../../src/status/page-model.ts'
import type { Kind } from './sample.ts'
import { NOW, sample } from './sample.ts'

const samples = new Map<string, ReturnType<typeof sample>>()

function sampleOf(count: number, kind: Kind): ReturnType<typeof sample> {
  const key = `${count} ${kind}`
  const known = samples.get(key) ?? sample(count, kind)
  samples.set(key, known)
  return known
}

/** Holds the history as the uptime monitor gives it, so that a page is made of what came over the wire. */
export class Histories extends DurableObject {
  readonly #packed = new Map<string, string>()

  history(count: number, kind: Kind): string {
    const key = `${count} ${kind}`
    const packed = this.#packed.get(key) ?? packHistories(sampleOf(count, kind).facts.history)
    this.#packed.set(key, packed)
    return packed
  }
}

interface BenchEnv {
  readonly Histories: DurableObjectNamespace<Histories>
}

export default {
  /** `/page` and `/json`: made `times` times from what the objects told of `monitors` monitors. */
  async fetch(request, env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const times = Number(searchParams.get('times') ?? 0)
    const count = Number(searchParams.get('monitors') ?? 1)
    const kind = (searchParams.get('kind') ?? 'usual') as Kind
    const { config, facts } = sampleOf(count, kind)
    let text = ''
    for (let time = 0; time < times; time++) {
      if (pathname === '/page') {
        const history = unpackHistories(await env.Histories.getByName('all').history(count, kind))
        text = overviewPage(publicStatus(config, { ...facts, history }, NOW)).html
      } else {
        text = JSON.stringify(pathname === '/json' ? facts : [])
      }
    }
    return new Response(text)
  },
} satisfies ExportedHandler<BenchEnv>
