import type { StatusPageConfig } from '../config/status.ts'
import type { MonitorState } from '../monitors/model.ts'
import { QUIET_BARS } from './bars.ts'
import type { Colour } from './colours.ts'
import { inkOn, paletteOf, SURFACES, visibleOn } from './colours.ts'

/** What WCAG asks of text, and of parts of pictures that carry meaning. */
const TEXT = 4.5
const GRAPHIC = 3

/** The style of the page, with the colours of the configuration made readable on light and on dark. */
export function style(colours: StatusPageConfig['colours']): string {
  const palette = paletteOf(colours)
  const pair = (name: string, colour: Colour, ratio: number) => {
    const [light, dark] = [visibleOn(SURFACES.light, colour, ratio), visibleOn(SURFACES.dark, colour, ratio)]
    return `--${name}:light-dark(${light},${dark});--on-${name}:light-dark(${inkOn(light)},${inkOn(dark)})`
  }
  const { accent, ...states } = palette
  const variables = [
    `--paper:light-dark(${SURFACES.light},${SURFACES.dark})`,
    pair('accent', accent, TEXT),
    ...Object.entries(states).map(([state, colour]) => pair(state, colour, GRAPHIC)),
  ]
  return `:root{color-scheme:light dark;${variables.join(';')}}${STATES}${RULES}${QUIET_BARS}`
}

// The shape tells the state to those who don't see the colour; the word beside it to those who see neither.
const SHAPES: Readonly<Record<MonitorState, string>> = {
  up: '✓',
  degraded: '!',
  down: '✕',
  unknown: '?',
  maintenance: '↻',
}

const STATES = Object.entries(SHAPES)
  .map(
    ([state, shape]) =>
      `.${state}{--c:var(--${state});--on:var(--on-${state})}.${state}.dot::before{content:"${shape}";content:"${shape}"/""}`,
  )
  .join('')

const RULES = `
:root{--ink:light-dark(#1b2128,#e6ebf1);--dim:light-dark(#56616d,#9dabb9);--line:light-dark(#dde3ea,#2c353f);--soft:light-dark(#f5f7f9,#1b2128)}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding-top:1.75rem;padding-bottom:1.25rem}
header p{display:flex;align-items:center;gap:.75rem;margin:0 auto 0 0;font-size:1.25rem;font-weight:650}
header img{max-height:2.5rem;max-width:12rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
ul,ol,dl,dd{list-style:none;margin:0;padding:0}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,main:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem 1rem;z-index:2}
h1,h2,h3,h4,p{margin:0}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.125rem;margin:2.5rem 0 .75rem}h3{font-size:1rem;font-weight:600}
.dim{color:var(--dim);font-size:.875rem}
.dot::before{display:inline-grid;place-items:center;flex:none;width:1.3em;height:1.3em;border-radius:50%;background:var(--c);color:var(--on);font:700 .8em/1 system-ui,sans-serif;margin-right:.5em;vertical-align:.05em;forced-color-adjust:none}
.banner{display:flex;gap:1rem;align-items:center;background:var(--c);color:var(--on);border-radius:.75rem;padding:1.25rem 1.5rem;forced-color-adjust:none}
.banner.dot::before{background:var(--on);color:var(--c);width:2rem;height:2rem;font-size:1.15rem;margin:0}
.banner+.dim{margin-top:.625rem}
.about{display:grid;gap:.375rem;margin:0 0 .5rem}.about .dim{margin:0}
.note{border-left:4px solid var(--unknown);background:var(--soft);padding:.75rem 1rem;margin-top:1rem;border-radius:.25rem}
.card{border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.25rem;margin-top:.75rem}
.mark{border-left:4px solid var(--c)}
.list{border:1px solid var(--line);border-radius:.75rem}
.list>*{padding:1.125rem 1.25rem}.list>*+*{border-top:1px solid var(--line)}
.head{display:flex;flex-wrap:wrap;gap:.125rem 1rem;justify-content:space-between;align-items:baseline}
.head>:first-child{flex:1 1 9rem}
.head a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}.head a:hover{text-decoration-color:currentColor}
.body{display:grid;grid-template-columns:minmax(0,1fr) 19rem;gap:.25rem 2rem;margin-top:.625rem}
.bars{position:relative;display:grid;grid-template-columns:repeat(90,1fr);gap:2px;height:2.25rem;forced-color-adjust:none}
.bars i{background:var(--up);border-radius:2px;min-width:0}
.bars i:hover{outline:2px solid var(--ink);outline-offset:0;z-index:1}
.bars i:hover::after{position:absolute;left:0;right:0;top:100%;padding:.25rem 0;background:var(--paper);color:var(--ink);font:normal .875rem/1.5 system-ui,sans-serif;text-align:center;z-index:1}
.bars .d1,.d1.key{background:linear-gradient(to top,var(--down) 36%,var(--paper) 36% 44%,var(--up) 44%)}
.bars .d2{background:linear-gradient(to top,var(--down) 64%,var(--paper) 64% 72%,var(--up) 72%)}
.bars .d3{background:var(--down)}
.bars .g,.g.key{background:linear-gradient(to top,var(--degraded) 36%,var(--paper) 36% 44%,var(--up) 44%)}
.bars .m,.m.key{background:repeating-linear-gradient(135deg,var(--maintenance) 0 3px,var(--paper) 3px 5px)}
.bars .u,.u.key{background:none;border:1px solid var(--unknown)}
.bars .n,.n.key{background:var(--line)}
.scale{white-space:nowrap;display:flex;justify-content:space-between;gap:1rem;min-height:1.75rem;padding-top:.25rem}
.scale::before{content:"90 days ago"}.scale::after{content:"Today"}
summary{cursor:pointer;color:var(--accent);width:fit-content}
.days{margin:.25rem 0 .5rem;font-size:.875rem}.days li{padding:.125rem 0}.days b{font-weight:600;display:inline-block;min-width:4.5em}
figure{margin:0}.tight{display:none}figcaption{margin-top:.25rem}figcaption p{margin-top:.25rem}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart text{font:11px system-ui,sans-serif;fill:var(--dim)}
.chart path{fill:none;stroke-linecap:round;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.grid{stroke:var(--line)}.p50{stroke:var(--accent);stroke-width:2}.p95{stroke:var(--dim);stroke-width:1}
.line{display:inline-block;width:1.5rem;border-top:2px solid var(--accent);vertical-align:.25em;margin-right:.4rem}.line.b{border-top:1px solid var(--dim);margin-left:1rem}
.updates{margin-top:.75rem;display:grid;gap:.75rem}.updates p{white-space:pre-line}
.pill{border:1px solid var(--c);border-radius:1rem;padding:0 .6rem;font-size:.8125rem;font-weight:600;white-space:nowrap}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;margin-top:1.25rem}
.numbers dt{color:var(--dim);font-size:.875rem}.numbers dd{font-size:1.375rem;font-weight:650}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}th{font-weight:600}
.scroll{overflow-x:auto}
.keys{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:.75rem}.key{display:inline-block;width:.5rem;height:1rem;border-radius:2px;margin-right:.4rem;vertical-align:-.15em;background:var(--up);forced-color-adjust:none}
footer{margin-top:3rem;padding-top:1.25rem;padding-bottom:2.5rem;border-top:1px solid var(--line)}
footer p+p{margin-top:.5rem}
@media(max-width:52rem){.body{grid-template-columns:minmax(0,1fr)}.body figure{max-width:26rem}}
@media(max-width:40rem){header{padding-top:1rem}header,main,footer{padding-left:1rem;padding-right:1rem}.card,.list>*{padding:.875rem 1rem}.banner{padding:1rem}.list .bars{grid-template-columns:repeat(45,1fr)}.list .bars i:nth-child(-n+45){display:none}.list .scale::before{content:"45 days ago"}.wide .bars{gap:1px}.roomy{display:none}.tight{display:block}}
`
