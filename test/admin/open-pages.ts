import { expect } from 'vitest'
import { dashboardPages } from '../../src/admin/pages/routes.ts'
import { Dashboard, PAGE } from './dashboard.ts'
import { FakeSources } from './sources.ts'

/** The pages over fakes, for somebody who has signed in. */
export async function dashboard(sources = new FakeSources()) {
  const service = new Dashboard(['token'], (clock) => dashboardPages(sources.of(clock)))
  const headers = { ...PAGE, Cookie: await service.cookie('token') }
  const html = async (path: string) => {
    const response = await service.request(path, { headers })
    expect(response.status).toBe(200)
    return response.text()
  }
  const csrf = /name="csrf" value="(\w+)"/.exec(await html('/admin'))?.[1] ?? ''
  const send = (path: string, fields: Record<string, string>) =>
    service.request(path, { method: 'POST', headers, body: new URLSearchParams({ csrf, ...fields }) })
  return { service, sources, html, send, csrf }
}

/** The text of a part or a chart, with its tags taken out. */
export function part(html: string, id: string): string {
  const [, rest = ''] = html.split(new RegExp(`<(?:section|figure)[^>]* id="${id}"`))
  const [shown = ''] = rest.split(/<section id="[^"]*" class="part/)
  return shown
    .replaceAll(/^[^>]*>|<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll(/\s+/g, ' ')
}
