// Draws the charts of the dashboard from the tables below them, with uPlot, which the page loads before.

/** @typedef {import('uplot')} Plot */

const PLOT_HEIGHT = 200
const DAY_SECONDS = 86_400
/** Between two marks below a chart of days. */
const DAYS = [1, 2, 5, 7, 14, 30]
/** @type {Map<Element, Plot>} */
const plots = new Map()

/** What stands on an axis, by the unit of the chart. */
const SUFFIXES = /** @type {Record<string, (value: number) => string>} */ ({
  'per-second': (value) => `${short(value)}/s`,
  ratio: (value) => `${short(value * 100)} %`,
  ms: (value) => (value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`),
  count: (value) => short(value),
  dollars: (value) => `$${short(value)}`,
})

/** Such as `950`, `2.5k` and `1.2M`. */
const short = (/** @type {number} */ value) => {
  const [unit, size] = /** @type {const} */ ([
    ['M', 1e6],
    ['k', 1e3],
  ]).find(([, least]) => Math.abs(value) >= least) ?? ['', 1]
  return `${Number((value / size).toPrecision(4))}${unit}`
}

/** The colour that a custom property stands for now, light or dark. */
function colour(/** @type {Element} */ near, /** @type {string} */ property) {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  near.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

/** Reads a chart's table: its rows as they are drawn, from left to right. */
function readTable(/** @type {Element} */ figure) {
  const rows = [...figure.querySelectorAll('details tbody tr')]
  if (figure.getAttribute('data-kind') !== 'bars') rows.reverse() // the latest stands first in the table
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
  const heads = rows.map((row) => row.querySelector('th'))
  return {
    times: heads.map((head) => Number(head?.getAttribute('data-time'))),
    labels: heads.map((head) => head?.textContent ?? ''),
    lines,
  }
}

/** @typedef {ReturnType<typeof readTable>} Table */
/** @typedef {{ holder: HTMLElement, suffix: (value: number) => string, UPlot: typeof import('uplot') }} Canvas */

/**
 * The range of the vertical axis. A share is never more than all of it; a little room keeps the line from the edge.
 * @type {Record<string, (min: number, max: number) => [number, number]>}
 */
const RANGES = {
  lines: (_, max) => [0, max > 0 ? max * 1.1 : 1],
  shares: (_, max) => [0, max > 0 ? Math.min(max * 1.1, 1.03) : 0.1],
  'lines-from-lowest': (min) => [
    Math.max(0, min - Math.max(1 - min, 0.001) * 0.3),
    1 + Math.max(1 - min, 0.001) * 0.1,
  ],
  bars: (_, max) => [0, max > 0 ? max * 1.18 : 1], // room for the number above the bar
}

const FONT = '12px system-ui, sans-serif'

/** What charts of both kinds look like. */
function look(/** @type {Element} */ figure, /** @type {Canvas} */ { holder, suffix }) {
  const kind = figure.getAttribute('data-kind') ?? 'lines'
  const isShare = figure.getAttribute('data-chart') === 'ratio'
  const range = RANGES[kind === 'lines' && isShare ? 'shares' : kind] ?? RANGES.lines
  /** @type {import('uplot').Axis.Filter} */
  const sensible = (_, ticks) => ticks.map((tick) => (isShare && tick > 1 ? null : tick))
  const grid = { stroke: colour(holder, '--line'), width: 1 }
  const axis = { stroke: colour(holder, '--dim'), grid, ticks: { show: false }, font: FONT }
  return {
    axis,
    /** @type {import('uplot').Axis} */
    vertical: {
      ...axis,
      size: 58,
      gap: 8,
      space: 36,
      filter: sensible,
      grid: { ...grid, filter: sensible },
      values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : suffix(tick))),
    },
    /** @type {import('uplot').Scale} */
    scale: { range: (_, min, max) => range?.(min, max) ?? [0, 1] },
  }
}

/** @returns {import('uplot').Options} */
function linesOptions(
  /** @type {Element} */ figure,
  /** @type {Table} */ { times, labels, lines },
  /** @type {Canvas} */ canvas,
) {
  const { holder, UPlot } = canvas
  const { axis, vertical, scale } = look(figure, canvas)
  return {
    width: holder.clientWidth,
    height: PLOT_HEIGHT,
    padding: [8, 18, 0, 0],
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7 },
      // Charts of the same times show what was at the same time.
      sync: { key: `${times[0]} ${times.length}` },
    },
    scales: {
      // around a single time uPlot would show years
      x: {
        range: (_, min, max) => (times.length > 1 ? [min, max] : [min - DAY_SECONDS, min + DAY_SECONDS]),
      },
      y: scale,
    },
    axes: [
      {
        ...axis,
        size: 30,
        gap: 8,
        space: 70,
        ...(times.every((seconds) => seconds % DAY_SECONDS === 0) && {
          incrs: DAYS.map((days) => days * DAY_SECONDS),
        }),
        values: timeLabels,
      },
      vertical,
    ],
    series: [
      { label: 'UTC', value: (_, __, ___, at) => labels.at(at ?? -1) ?? '' },
      ...lines.map(({ name, texts, values }, index) => {
        const stroke = colour(holder, `--line-${(index % 6) + 1}`)
        return {
          label: name,
          stroke,
          width: 1.75,
          ...(lines.length === 1 && { fill: seeThrough(stroke) }),
          points: { show: values.filter((value) => value !== null).length < 3, fill: stroke },
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
}

/**
 * Bars have their numbers above them, so there is nothing to point at.
 * @returns {import('uplot').Options}
 */
function barsOptions(
  /** @type {Element} */ figure,
  /** @type {Table} */ { labels, lines },
  /** @type {Canvas} */ canvas,
) {
  const { holder, UPlot } = canvas
  const { axis, vertical, scale } = look(figure, canvas)
  const paths = UPlot.paths.bars?.({ size: [0.6, 72], radius: 0.06 })
  const stroke = colour(holder, '--line-1')
  const text = colour(holder, '--text')
  const room = (holder.clientWidth - 70) / labels.length
  const fitting = (/** @type {string} */ label) => {
    const characters = Math.max(2, Math.floor(room / 7.5))
    return label.length > characters ? `${label.slice(0, characters - 1)}…` : label
  }
  return {
    width: holder.clientWidth,
    height: PLOT_HEIGHT + 30, // as high as one with a legend
    padding: [8, 8, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false, range: () => [-0.5, labels.length - 0.5] }, y: scale },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        gap: 8,
        splits: () => labels.map((_, index) => index),
        values: (_, ticks) => ticks.map((tick) => fitting(labels[tick] ?? '')),
      },
      vertical,
    ],
    series: [
      {},
      {
        stroke,
        fill: seeThrough(stroke),
        width: 1.5,
        points: { show: false },
        ...(paths && { paths }),
      },
    ],
    hooks: {
      draw: [
        (plot) => {
          const { ctx } = plot
          ctx.save()
          ctx.font = `600 ${12 * devicePixelRatio}px system-ui, sans-serif`
          ctx.fillStyle = text
          ctx.textAlign = 'center'
          lines[0]?.values.forEach((value, index) => {
            const y = plot.valToPos(value ?? 0, 'y', true) - 6 * devicePixelRatio
            if (room > 34) ctx.fillText(lines[0]?.texts[index] ?? '', plot.valToPos(index, 'x', true), y)
          })
          ctx.restore()
        },
      ],
    },
  }
}

const seeThrough = (/** @type {string} */ rgb) => rgb.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)')

function draw(/** @type {Element} */ figure) {
  const holder = /** @type {HTMLElement | null} */ (figure.querySelector('.plot'))
  const UPlot = /** @type {typeof import('uplot') | undefined} */ (Reflect.get(window, 'uPlot'))
  if (!holder) return
  if (!UPlot) {
    holder.classList.add('failed')
    figure.querySelector('details')?.setAttribute('open', '')
    return
  }
  const table = readTable(figure)
  const canvas = { holder, UPlot, suffix: SUFFIXES[figure.getAttribute('data-chart') ?? ''] ?? short }
  const isBars = figure.getAttribute('data-kind') === 'bars'
  const options = (isBars ? barsOptions : linesOptions)(figure, table, canvas)
  const across = isBars ? table.labels.map((_, index) => index) : table.times
  plots.get(figure)?.destroy()
  plots.set(figure, new UPlot(options, [across, ...table.lines.map(({ values }) => values)], holder))
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

/** Draws what is not drawn yet, and lets go of what is no longer on the page. */
export function drawAll() {
  for (const [figure, plot] of plots) {
    if (figure.isConnected) continue
    plot.destroy()
    plots.delete(figure)
  }
  for (const figure of document.querySelectorAll('[data-chart]')) if (!plots.has(figure)) draw(figure)
}

/** Draws everything anew, such as in other colours. */
export function redrawAll() {
  for (const plot of plots.values()) plot.destroy()
  plots.clear()
  drawAll()
}

/** Makes the charts as wide as there is room for. */
export function resizeAll() {
  for (const [figure, plot] of plots) {
    const holder = figure.querySelector('.plot')
    if (holder) plot.setSize({ width: holder.clientWidth, height: plot.height })
  }
}
