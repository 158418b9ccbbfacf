// Part of `npm run check`: the Worker must stay within its size budget and load heavy modules only when needed.
import written from '../edgewatch.config.ts'
import { compileConfig } from '../src/config/load.ts'
import { buildWorker } from './bundle.ts'
import { BUDGET_KIB, weigh, weightMistakes } from './bundle-budget.ts'

const built = await buildWorker('src/index.ts', compileConfig(written))
const weight = weigh(built)
const mistakes = weightMistakes(built, weight)
const kib = (bytes: number) => (bytes / 1024).toFixed(1)
console.log(
  `Worker: main module ${kib(weight.mainBytes)} of ${BUDGET_KIB.main} KiB gzip, all modules ${kib(weight.allBytes)} of ${BUDGET_KIB.all} KiB`,
)
for (const mistake of mistakes) console.error(mistake)
if (mistakes.length > 0) process.exitCode = 1
