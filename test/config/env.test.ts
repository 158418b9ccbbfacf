import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/config/env.ts'

describe('the environment', () => {
  it('has defaults for everything', () => {
    expect(readEnvironment({})).toEqual({
      name: 'production',
      logLevel: 'info',
      logFormat: 'json',
      adminTokens: [],
      metricsTokens: [],
      heartbeatTokens: [],
      ingestTokens: [],
      ignored: [],
    })
  })

  it('takes several tokens, and the level names of the documents', () => {
    const environment = readEnvironment({ ADMIN_TOKEN: ' old, new ,', LOG_LEVEL: 'INFO' })
    expect(environment.adminTokens.map((token) => token.reveal())).toEqual(['old', 'new'])
    expect(environment.logLevel).toBe('info')
    expect(readEnvironment({ LOG_LEVEL: 'WARNING' }).logLevel).toBe('warn')
  })

  it('has the admin tokens scrape where no token is set for that', () => {
    const scrapers = (variables: object) =>
      readEnvironment({ ...variables }).metricsTokens.map((token) => token.reveal())
    expect(scrapers({ ADMIN_TOKEN: 'old, new' })).toEqual(['old', 'new'])
    expect(scrapers({ ADMIN_TOKEN: 'admin', METRICS_TOKEN: ' , ' })).toEqual(['admin'])
    expect(scrapers({ ADMIN_TOKEN: 'admin', METRICS_TOKEN: 'scrape' })).toEqual(['scrape'])
    expect(scrapers({})).toEqual([])
  })

  it('starts in spite of a value that makes no sense, and names it', () => {
    expect(readEnvironment({ LOG_LEVEL: 'loud', LOG_FORMAT: 'xml' })).toMatchObject({
      logLevel: 'info',
      logFormat: 'json',
      ignored: ['LOG_LEVEL', 'LOG_FORMAT'],
    })
  })
})
