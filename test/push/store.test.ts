import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ROW_LIMIT_BYTES } from '../largest-row.ts'
import { catalog } from '../metrics/harness.ts'
import { createWorld } from './harness.ts'

beforeEach(() => {
  vi.restoreAllMocks()
})

const { pushedGroups, pushedSamples } = catalog

const TWO = '# HELP a First.\n# TYPE a counter\na{x="1"} 1\na{x="2"} 2\n# TYPE b gauge\nb 3\n'

describe('a group', () => {
  it('is shown with the labels of its path laid over those of its samples', async () => {
    const { push, text, world } = createWorld()
    expect(await push({ job: 'j', x: 'path' }, 'a{x="body",job="other",instance="i"} 1\n')).toMatchObject({
      ok: true,
    })
    expect(await text()).toBe(
      [
        '# TYPE a untyped',
        'a{instance="i",job="j",x="path"} 1',
        `# HELP edgewatch_pushed_groups ${world.catalog.pushedGroups.help}`,
        '# TYPE edgewatch_pushed_groups gauge',
        'edgewatch_pushed_groups 1',
        `# HELP edgewatch_pushed_samples ${world.catalog.pushedSamples.help}`,
        '# TYPE edgewatch_pushed_samples gauge',
        'edgewatch_pushed_samples 3',
        '# HELP push_failure_time_seconds Last Unix time when a push to this group failed.',
        '# TYPE push_failure_time_seconds gauge',
        'push_failure_time_seconds{instance="",job="j",x="path"} 0',
        '# HELP push_time_seconds Last Unix time when a push to this group succeeded.',
        '# TYPE push_time_seconds gauge',
        `push_time_seconds{instance="",job="j",x="path"} ${world.now / 1000}`,
        '',
      ].join('\n'),
    )
  })

  it('is replaced by PUT, and metric by metric by POST', async () => {
    const { push, samples } = createWorld()
    await push({ job: 'j' }, TWO)
    await push({ job: 'j' }, 'a{x="3"} 4\n# TYPE c gauge\nc 5\n'.replace('a{', '# TYPE a counter\na{'), {
      replace: false,
    })
    expect(await samples()).toEqual([
      'a{instance="",job="j",x="3"} 4',
      'b{instance="",job="j"} 3',
      'c{instance="",job="j"} 5',
    ])
    await push({ job: 'j' }, 'c 6\n')
    expect(await samples()).toEqual(['c{instance="",job="j"} 6'])
    await push({ job: 'j' }, '', { replace: false })
    expect(await samples()).toHaveLength(1)
    await push({ job: 'j' }, '')
    expect(await samples()).toEqual([])
  })

  it('stays what it was when a push is refused, and tells when that was', async () => {
    const { push, samples, text, world } = createWorld()
    await push({ job: 'j' }, TWO)
    world.now += 5000
    expect(await push({ job: 'j' }, 'a 1\nb\n')).toMatchObject({
      ok: false,
      error: { code: 'invalid_push', message: expect.stringMatching(/^line 2: /) },
    })
    expect(await samples()).toHaveLength(3)
    expect(await text()).toContain(`push_failure_time_seconds{instance="",job="j"} ${world.now / 1000}\n`)
    expect(await text()).toContain(`push_time_seconds{instance="",job="j"} ${(world.now - 5000) / 1000}\n`)
  })

  it('overrides push times that are pushed', async () => {
    const { push, text } = createWorld()
    await push({ job: 'j' }, 'push_time_seconds 1\n')
    expect((await text()).match(/^push_time_seconds\{/gm)).toHaveLength(1)
  })

  it('is there again after the object was out of memory, however large it is', async () => {
    const { push, text, evict, rowLengths } = createWorld({ maxSeriesPerGroup: 100_000, maxSeries: 100_000 })
    const long = 'ä'.repeat(1000)
    const lines = Array.from({ length: 1500 }, (_, index) => `big{n="${index}",t="${long}"} ${index}\n`)
    expect(await push({ job: 'big' }, lines.join(''))).toMatchObject({ ok: true })
    expect(await push({ job: 'j' }, TWO)).toMatchObject({ ok: true })
    const before = await text()
    const lengths = await rowLengths()
    expect(lengths).toHaveLength(5)
    expect(Math.max(...lengths)).toBeLessThan(ROW_LIMIT_BYTES)
    await evict()
    expect(await text()).toBe(before)
    await push({ job: 'big' }, 'big 1\n')
    expect(await rowLengths()).toHaveLength(2)
    await evict()
    expect(await text()).toContain('big{instance="",job="big"} 1\n')
    expect((await text()).match(/^big\{/gm)).toHaveLength(1)
  })

  it('can be deleted, and is not deleted with others', async () => {
    const { push, samples, store, evict } = createWorld()
    await push({ job: 'j' }, 'a 1\n')
    await push({ job: 'j', x: '1' }, 'a 1\n')
    expect(await store().remove({ job: 'j' })).toBe(true)
    expect(await store().remove({ job: 'j' })).toBe(false)
    await evict()
    expect(await samples()).toEqual(['a{instance="",job="j",x="1"} 1'])
  })

  it('can be changed though it holds a name that Edgewatch has taken since', async () => {
    const { push, samples, world, evict } = createWorld({ catalog: { pushedGroups, pushedSamples } })
    await push({ job: 'j' }, 'edgewatch_errors_total 1\n')
    world.catalog = catalog
    await evict()
    expect(await push({ job: 'j' }, 'a 1\n', { replace: false })).toMatchObject({ ok: true })
    expect(await samples()).toEqual(['a{instance="",job="j"} 1'])
  })

  it('goes away when nothing is pushed for push.ttl', async () => {
    const { push, world, samples, store, evict } = createWorld({ ttlMs: 60_000 })
    await push({ job: 'old' }, 'a 1\n')
    world.now += 59_999
    await push({ job: 'new' }, 'a 1\n')
    expect(await samples()).toHaveLength(2)
    expect(await store().list()).toMatchObject([
      { expiresAtMs: world.now + 60_000 },
      { expiresAtMs: world.now + 1 },
    ])
    world.now += 1
    expect(await samples()).toEqual(['a{instance="",job="new"} 1'])
    await evict()
    expect(await samples()).toHaveLength(1)
  })
})

describe('groups together', () => {
  it('have one HELP and TYPE per metric', async () => {
    const { push, text, store } = createWorld()
    for (const job of ['a', 'b']) await push({ job }, TWO)
    for (const format of ['text', 'openmetrics'] as const) {
      const metadata = (await store().exposition(format)).match(/^# (TYPE|HELP) \S+/gm)
      expect(new Set(metadata).size).toBe(metadata?.length)
    }
    expect((await text()).match(/^a\{/gm)).toHaveLength(4)
  })

  it.each([
    [
      'another type',
      '# TYPE a gauge\na 1\n',
      '# TYPE a counter\na 1\n',
      /^line 2: a is a counter here and a gauge in the group/,
    ],
    [
      'samples of a histogram',
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\n',
      'x 1\nh_count 1\n',
      /^line 2: h_count is a metric and also/,
    ],
    [
      'a histogram over samples',
      'h_count 1\n',
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\n',
      /h_count is a metric and also/,
    ],
  ])('refuse %s', async (_, first, second, message) => {
    const { push } = createWorld()
    expect(await push({ job: 'a' }, first)).toMatchObject({ ok: true })
    expect(await push({ job: 'b' }, second)).toMatchObject({
      ok: false,
      error: { code: 'inconsistent_push', message: expect.stringMatching(message) },
    })
    expect(await push({ job: 'a' }, second)).toMatchObject({ ok: true }) // in place of what it would clash with
  })

  it('refuse a series that is there already', async () => {
    const { push } = createWorld()
    await push({ job: 'j' }, 'a{x="1"} 1\n')
    expect(await push({ job: 'j', x: '1' }, 'a 1\n')).toMatchObject({
      ok: false,
      error: { message: 'line 1: a{instance="",job="j",x="1"} is also in the group {job="j"}' },
    })
    expect(await push({ job: 'j', x: '2' }, 'a 1\n')).toMatchObject({ ok: true })
  })

  it("refuse names of Edgewatch's own metrics", async () => {
    const { push, samples, world } = createWorld({ catalog: { pushedGroups, pushedSamples } })
    const names = [
      'esg_api_requests_total',
      'esg_api_requests',
      'esg_api_request_duration_seconds_count',
      'edgewatch_build_info',
    ]
    for (const name of names) await push({ job: name }, `${name} 1\n`)
    expect(await samples()).toHaveLength(names.length)
    world.catalog = createWorld().world.catalog
    const other = createWorld()
    for (const name of names) {
      expect(await other.push({ job: name }, `${name} 1\n`)).toMatchObject({
        ok: false,
        error: { message: `line 1: ${name} is the name of a metric of Edgewatch's own` },
      })
    }
  })

  it('are limited, each and all, and a group can always be replaced by a smaller one', async () => {
    const { push } = createWorld({ maxSeriesPerGroup: 2, maxSeries: 6 })
    expect(await push({ job: 'a' }, 'a 1\nb 1\nc 1\n')).toMatchObject({
      ok: false,
      error: { code: 'too_many_series', message: expect.stringContaining('push.maxSeriesPerGroup') },
    })
    expect(await push({ job: 'a' }, 'a 1\nb 1\n')).toMatchObject({ ok: true })
    expect(await push({ job: 'a' }, 'c 1\n', { replace: false })).toMatchObject({ ok: false })
    expect(await push({ job: 'b' }, 'a 1\n')).toMatchObject({
      ok: false,
      error: { code: 'too_many_series', message: expect.stringContaining('push.maxSeries ') },
    })
    expect(await push({ job: 'a' }, 'a 1\n')).toMatchObject({ ok: true })
  })
})

describe('all text', () => {
  it('is limited with the labels of groups, which their push times repeat', async () => {
    const { push, text } = createWorld()
    const job = 'j'.repeat(3_500_000)
    expect(await push({ job }, '')).toMatchObject({ ok: true })
    const refusal = { ok: false, error: { code: 'too_large' } }
    expect(await push({ job: `${job}2` }, '')).toMatchObject(refusal)
    // Nor does a refused push, whose group is told of, get past the limit.
    expect(await push({ job: `${job}3` }, 'a\n')).toMatchObject({ ok: false })
    expect((await text()).match(/^push_time_seconds\{/gm)).toHaveLength(1)
  })
})

describe('OpenMetrics', () => {
  it('is written so that its families do not clash', async () => {
    const { push, store, text } = createWorld()
    await push(
      { job: 'j' },
      [
        '# TYPE a counter',
        'a 1',
        '# TYPE b_total counter',
        'b_total{x="1"} 2',
        'b_total{x="2"} 3',
        '# TYPE b_created gauge',
        'b_created{x="2"} 30',
        'b_created{x="1"} 20',
        'b_created{x="gone"} 1',
        '# TYPE c gauge',
        'c 4',
        '# TYPE c_total counter',
        'c_total 5',
        '# TYPE d summary',
        'd_sum 1',
        'd_count 2',
        'd{x="no count",quantile="0.5"} 3',
        'd_sum{x="no count"} 4',
        '# TYPE d_created gauge',
        'd_created{x="no count"} 8',
        'd_created 9',
        '',
      ].join('\n'),
    )
    const open = (await store().exposition('openmetrics')).replaceAll(/instance="",job="j",?/g, '')
    expect(open.slice(0, open.indexOf('# TYPE edgewatch_pushed'))).toBe(
      [
        '# TYPE a unknown',
        'a{} 1',
        '# TYPE b counter',
        'b_total{x="1"} 2',
        'b_created{x="1"} 20',
        'b_total{x="2"} 3',
        'b_created{x="2"} 30',
        '# TYPE c gauge',
        'c{} 4',
        '# TYPE c_total unknown',
        'c_total{} 5',
        '# TYPE d summary',
        'd_sum{} 1',
        'd_count{} 2',
        'd_created{} 9',
        'd{x="no count",quantile="0.5"} 3',
        'd_sum{x="no count"} 4',
        'd_created{x="no count"} 8',
        '',
      ].join('\n'),
    )
    expect(await text()).toContain('# TYPE b_created gauge\n')
  })

  it('has a count of a histogram only beside its sum', async () => {
    const { push, store, text } = createWorld()
    await push(
      { job: 'j' },
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\nh_bucket{x="y",le="+Inf"} 2\nh_sum{x="y"} 3\nh_count{x="y"} 2\n',
    )
    const counts = (of: string) => of.match(/^h_count\{.*$/gm)
    expect(counts(await text())).toHaveLength(2)
    expect(counts(await store().exposition('openmetrics'))).toEqual(['h_count{instance="",job="j",x="y"} 2'])
  })

  it('has no sum of a histogram with bounds below 0, and so no count', async () => {
    const { push, store, text } = createWorld()
    await push(
      { job: 'j' },
      '# TYPE h histogram\nh_bucket{le="-1"} 1\nh_count 2\nh_sum -3\nh_bucket{x="y",le="1"} 1\nh_count{x="y"} 2\nh_sum{x="y"} 3\n',
    )
    const totals = (of: string) => of.match(/^h_(sum|count)\{.*$/gm)
    expect(totals(await text())).toHaveLength(4)
    expect(totals(await store().exposition('openmetrics'))).toEqual([
      'h_sum{instance="",job="j",x="y"} 3',
      'h_count{instance="",job="j",x="y"} 2',
    ])
  })

  it('shows a counter untyped where its family would take up the name of another', async () => {
    const { push, store } = createWorld()
    await push(
      { job: 'j' },
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\n# TYPE h_count_total counter\nh_count_total 1\n' +
        '# TYPE c_total counter\nc_total 1\n# TYPE c_total_total counter\nc_total_total 1\n# TYPE _total counter\n_total 1\n',
    )
    const types = (await store().exposition('openmetrics')).match(/(?<=# TYPE )\S+ (unknown|counter)/g)
    expect(types).toEqual([
      '_total unknown',
      'c_total unknown',
      'c_total_total unknown',
      'h_count_total unknown',
    ])
  })

  it('has each summary and histogram in one group, and no other metric by the name of their beginnings', async () => {
    const { push } = createWorld()
    await push({ job: 'j' }, '# TYPE s summary\ns{x="1",quantile="0.5"} 1\n')
    const refusal = (message: string) => ({
      ok: false,
      error: { code: 'inconsistent_push', message: expect.stringContaining(message) },
    })
    expect(await push({ job: 'j', x: '1' }, '# TYPE s summary\ns_count 1\n')).toMatchObject(
      refusal('s{instance="",job="j",x="1"} is also in the group'),
    )
    expect(await push({ job: 'k' }, '# TYPE s_created counter\ns_created 1\n')).toMatchObject(
      refusal('line 2: s_created is a metric and also'),
    )
  })
})

describe('what the store holds', () => {
  it('is told as it is at the moment, to scrapes and to rules', async () => {
    const { push, store, world, text } = createWorld({ ttlMs: 60_000 })
    await push({ job: 'a' }, TWO)
    await push({ job: 'b' }, 'a 1\n'.replace('a', '# TYPE a counter\na'))
    const ask = () =>
      store().values([pushedGroups, pushedSamples].map(({ name }) => ({ metric: name, labels: {} })))
    expect(await ask()).toEqual([
      { type: 'gauge', value: 2 },
      { type: 'gauge', value: 8 },
    ])
    world.now += 60_000
    expect(await text()).toContain('\nedgewatch_pushed_groups 0\n')
    expect((await ask()).map((each) => each?.value)).toEqual([0, 0])
  })
})

describe('the value of a pushed series', () => {
  it('adds up what has all the labels', async () => {
    const { push, store } = createWorld()
    await push(
      { job: 'a' },
      '# TYPE n_total counter\nn_total{q="say \\"x\\""} 1\nn_total{q="b"} 2\nn_total 4\n',
    )
    await push({ job: 'b' }, '# TYPE n_total counter\nn_total{q="b"} 8\n')
    await push(
      { job: 'c' },
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 5\nh_sum 7\nlevel -Inf\n',
    )
    const ask = async (metric: string, labels: Record<string, string> = {}) =>
      (await store().values([{ metric, labels }]))[0]
    expect(await ask('n_total')).toEqual({ type: 'counter', value: 15 })
    expect(await ask('n_total', { q: 'b' })).toEqual({ type: 'counter', value: 10 })
    expect(await ask('n_total', { q: 'b', job: 'b' })).toEqual({ type: 'counter', value: 8 })
    expect(await ask('n_total', { q: 'say "x"' })).toEqual({ type: 'counter', value: 1 })
    expect(await ask('n_total', { q: '' })).toEqual({ type: 'counter', value: 4 })
    expect(await ask('n_total', { q: 'none' })).toBeUndefined()
    expect(await ask('h')).toEqual({ type: 'histogram', value: 5 })
    expect(await ask('h_sum')).toEqual({ type: 'histogram', value: 7 })
    expect(await ask('h_bucket', { le: '1.0' })).toEqual({ type: 'histogram', value: 1 })
    expect(await ask('level')).toEqual({ type: 'gauge', value: Number.NEGATIVE_INFINITY })
    expect(await ask('push_time_seconds')).toBeDefined()
  })
})
