// The dashboard's script: draws charts from their tables, reads the page anew, and says how old it is. Every page works
// without it. Nothing is kept here: what is shown is what the server last made.

/** @typedef {import('uplot')} Plot */

const PLOT_HEIGHT = 190
const DAY_SECONDS = 86_400
/** A page that could not be read anew is tried again this soon; the time doubles each time. */
const RETRY_SECONDS = 15
const MAX_RETRY_SECONDS = 300

/** @type {Map<Element, Plot>} */
const plots = new Map()

/** What stands on an axis, by the unit of the chart. */
const SUFFIXES = /** @type {Record<string, (value: number) => string>} */ ({
  'per-second': (value) => `${short(value)}/s`,
  ratio: (value) => `${short(value * 100)} %`,
  ms: (value) => (value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`),
  count: (value) => short(value),
})

const short = (/** @type {number} */ value) => String(Number(value.toPrecision(4)))

/** The colour that a custom property stands for now, light or dark. */
function colour(/** @type {Element} */ near, /** @type {string} */ property) {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  near.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

/** Reads a chart's table: times, oldest first, and for each line its values and what they read as. */
function readTable(/** @type {Element} */ figure) {
  const rows = [...figure.querySelectorAll('details tbody tr')].reverse()
  const times = rows.map((row) => Number(row.querySelector('[data-time]')?.getAttribute('data-time')))
  const names = [...figure.querySelectorAll('details thead th')]
    .slice(1)
    .map((cell) => cell.textContent ?? '')
  const lines = names.map((name, index) => {
    const cells = rows.map((row) => row.querySelectorAll('td')[index])
    const values = cells.map((cell) => {
      const value = cell?.getAttribute('data-value')
      return value ? Number(value) : null
    })
    return { name, values, texts: cells.map((cell) => cell?.textContent ?? '–') }
  })
  return { times, lines }
}

function draw(/** @type {Element} */ figure) {
  const holder = /** @type {HTMLElement | null} */ (figure.querySelector('.plot'))
  const UPlot = /** @type {typeof import('uplot') | undefined} */ (Reflect.get(window, 'uPlot'))
  if (!holder) return
  if (!UPlot) {
    holder.classList.add('failed')
    figure.querySelector('details')?.setAttribute('open', '')
    return
  }
  const { times, lines } = readTable(figure)
  const dim = colour(holder, '--dim')
  const grid = { stroke: colour(holder, '--line'), width: 1 }
  const suffix = SUFFIXES[figure.getAttribute('data-chart') ?? ''] ?? short
  const axis = { stroke: dim, grid, ticks: grid, font: '12px system-ui, sans-serif' }
  /** @type {import('uplot').Options} */
  const options = {
    width: holder.clientWidth,
    height: PLOT_HEIGHT,
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      // around a single time uPlot would show years
      x: {
        range: (_, min, max) => (times.length > 1 ? [min, max] : [min - DAY_SECONDS, min + DAY_SECONDS]),
      },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 70, values: timeLabels },
      { ...axis, size: 62, values: (_, ticks) => ticks.map(suffix) },
    ],
    series: [
      { label: 'UTC', value: (_, seconds) => utc(seconds ?? times.at(-1) ?? 0) },
      ...lines.map(({ name, texts }, index) => {
        const stroke = colour(holder, `--line-${(index % 6) + 1}`)
        return {
          label: name,
          stroke,
          width: 1.75,
          ...(lines.length === 1 && { fill: stroke.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)') }),
          points: { show: lines.every(({ values }) => values.filter((value) => value !== null).length < 3) },
          value: (
            /** @type {Plot} */ _,
            /** @type {number | null} */ __,
            /** @type {number} */ ___,
            /** @type {number | null} */ at,
          ) => texts.at(at ?? -1) ?? '–',
        }
      }),
    ],
  }
  plots.get(figure)?.destroy()
  plots.set(figure, new UPlot(options, [times, ...lines.map(({ values }) => values)], holder))
}

const utc = (/** @type {number} */ seconds) =>
  new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')

/**
 * Hours and minutes; where a day begins, its date.
 * @type {import('uplot').Axis.DynamicValues}
 */
const timeLabels = (_, ticks) =>
  ticks.map((seconds) => {
    const [day = '', time = ''] = utc(seconds).split(' ')
    return time === '00:00' ? day.slice(5) : time
  })

function drawAll() {
  for (const [figure, plot] of plots) {
    if (figure.isConnected) continue
    plot.destroy()
    plots.delete(figure)
  }
  for (const figure of document.querySelectorAll('[data-chart]')) if (!plots.has(figure)) draw(figure)
}

function redrawAll() {
  for (const plot of plots.values()) plot.destroy()
  plots.clear()
  drawAll()
}

/** Puts the parts of a page that was read anew in the place of the old ones, but for what somebody is at work with. */
function replaceParts(/** @type {Document} */ fresh) {
  for (const part of document.querySelectorAll('[data-part]')) {
    const next = fresh.getElementById(part.id)
    const inUse = part.matches(':hover:has([data-chart]:hover)') || part.contains(document.activeElement)
    if (!next || inUse) continue
    part.querySelectorAll('details').forEach((details, index) => {
      if (details.open) next.querySelectorAll('details')[index]?.setAttribute('open', '')
    })
    part.replaceWith(next)
  }
  const time = fresh.querySelector('#freshness time')
  if (time) document.querySelector('#freshness time')?.replaceWith(time)
  drawAll()
}

let problem = ''
let retrySeconds = RETRY_SECONDS

/** Reads the page anew; gives the seconds after which to do it again, or undefined where that makes no sense. */
async function refresh() {
  const seconds = Number(document.body.dataset.refreshSeconds)
  try {
    const response = await fetch(location.href, {
      headers: { Accept: 'text/html' },
      signal: AbortSignal.timeout(20_000),
    })
    if (response.redirected && new URL(response.url).pathname === '/admin/login') {
      problem = 'You are signed out: load the page to sign in again'
      return undefined
    }
    if (!response.ok) throw new Error(`the service answered ${response.status}`)
    replaceParts(new DOMParser().parseFromString(await response.text(), 'text/html'))
    problem = ''
    retrySeconds = RETRY_SECONDS
    return seconds
  } catch (error) {
    const reason =
      error instanceof TypeError ? 'the service can’t be reached' : /** @type {Error} */ (error).message
    problem = `Can’t be read anew: ${reason}`
    retrySeconds = Math.min(MAX_RETRY_SECONDS, retrySeconds * 2)
    return retrySeconds
  } finally {
    sayAge()
  }
}

/** How long ago something was, for people. */
function ago(/** @type {number} */ atMs) {
  const seconds = Math.max(0, Math.round((Date.now() - atMs) / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h ago`
    : `${Math.round(seconds / 86_400)} days ago`
}

function sayAge() {
  const freshness = document.getElementById('freshness')
  const age = document.getElementById('age')
  const time = freshness?.querySelector('time')
  if (!freshness || !age || !time) return
  age.textContent = `, ${ago(Date.parse(time.dateTime))}${problem && `. ${problem}.`}`
  freshness.classList.toggle('stale', problem !== '')
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
let dueMs = Number.POSITIVE_INFINITY

function schedule(/** @type {number | undefined} */ seconds) {
  clearTimeout(timer)
  dueMs = seconds ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY
  if (seconds && !document.hidden) timer = setTimeout(run, seconds * 1000)
}

async function run() {
  schedule(undefined)
  schedule(await refresh())
}

drawAll()
sayAge()
// On a narrow screen the menu scrolls sideways.
document.querySelector('nav [aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
setInterval(() => document.hidden || sayAge(), 1000)
schedule(Number(document.body.dataset.refreshSeconds))
// A page that nobody looks at asks for nothing; looked at again, it catches up at once.
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer)
  if (document.hidden || !Number.isFinite(dueMs)) return
  timer = setTimeout(run, Math.max(0, dueMs - Date.now()))
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
let width = window.innerWidth
addEventListener('resize', () => {
  if (width === window.innerWidth) return
  width = window.innerWidth
  for (const [figure, plot] of plots) {
    const holder = figure.querySelector('.plot')
    if (holder) plot.setSize({ width: holder.clientWidth, height: PLOT_HEIGHT })
  }
})
