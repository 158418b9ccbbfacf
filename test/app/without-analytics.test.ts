import { afterEach, expect, it, vi } from 'vitest'
import { deploy } from './deployed.ts'

afterEach(() => void vi.restoreAllMocks())

it('runs without Analytics Engine: a deployer may remove the binding', async () => {
  const logged: string[] = []
  for (const method of ['debug', 'log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line: unknown) => void logged.push(String(line)))
  }
  const service = deploy({ ANALYTICS: undefined, LOG_LEVEL: 'info', LOG_FORMAT: 'json' })
  const response = await service.request('/health/live')
  expect(response.status).toBe(200)
  expect(response.headers.get('X-Request-Id')).toBeTruthy()

  const events = logged.map((line) => (JSON.parse(line) as { event: string }).event)
  expect(events).toContain('api_request')
  expect(events).not.toContain('observation_failed')
})
