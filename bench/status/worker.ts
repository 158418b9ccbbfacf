// Runs inside workerd: the status page of made-up monitors, and the same data as plain JSON.
import { overviewPage } from '../../src/status/overview-page.tsx'
import { publicStatus } from '../../src/status/page-model.ts'
import type { Kind } from './sample.ts'
import { NOW, sample } from './sample.ts'

const samples = new Map<string, ReturnType<typeof sample>>()

export default {
  /** `/page` and `/json`: made `times` times from what the objects told of `monitors` monitors. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const times = Number(searchParams.get('times') ?? 0)
    const count = Number(searchParams.get('monitors') ?? 1)
    const kind = (searchParams.get('kind') ?? 'usual') as Kind
    const key = `${count} ${kind}`
    const { config, facts } = samples.get(key) ?? sample(count, kind)
    samples.set(key, { config, facts })
    let text = ''
    for (let time = 0; time < times; time++) {
      if (pathname === '/page') text = overviewPage(publicStatus(config, facts, NOW)).html
      else text = JSON.stringify(pathname === '/json' ? facts : [])
    }
    return new Response(text)
  },
} satisfies ExportedHandler
