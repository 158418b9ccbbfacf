/** `npm run bench [names]`: what Edgewatch costs, measured here. */
import { benchCost } from './cost/bench.ts'
import { benchExposition } from './exposition/bench.ts'
import { benchMonitors } from './monitors/bench.ts'
import { benchPush } from './push/bench.ts'
import { benchRequests } from './requests/bench.ts'
import { benchStartup } from './startup/bench.ts'
import { benchStatus } from './status/bench.ts'

const benches = {
  requests: benchRequests,
  startup: benchStartup,
  exposition: benchExposition,
  push: benchPush,
  status: benchStatus,
  cost: benchCost,
  monitors: benchMonitors,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: there are ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}

const figures: (readonly [string, string])[] = []
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue
  const report = await bench()
  console.log(`\n## ${report.title}\n\n${report.text}`)
  figures.push(...report.figures)
}
console.log('\n## Summary\n\n| | |\n|---|---:|')
for (const [what, value] of figures) console.log(`| ${what} | ${value} |`)
