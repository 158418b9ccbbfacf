import type { Document } from 'bson'
import { Context, ProcessingMode } from 'mingo'
import { Aggregator } from 'mingo/aggregator'
import * as accumulator from 'mingo/operators/accumulator'
import * as expression from 'mingo/operators/expression'
import * as pipeline from 'mingo/operators/pipeline'
import * as projection from 'mingo/operators/projection'
import * as query from 'mingo/operators/query'
import * as window from 'mingo/operators/window'
import { average, compareNumeric, isNumeric, type Numeric, sum } from './decimal.ts'

type Accumulator = typeof accumulator.$push
type Arguments = Parameters<Accumulator>

const { $min, $max } = accumulator as unknown as Record<'$min' | '$max', (...args: Arguments) => unknown>

const numbers = (...args: Arguments): Numeric[] => accumulator.$push(...args).filter(isNumeric)

/** The values in order, if they are numbers of more types than JavaScript's; undefined where mingo orders them well itself. */
function mixedNumbers(...args: Arguments): Numeric[] | undefined {
  const values: unknown[] = accumulator.$push(...args).filter((value) => value !== null)
  const isMixed = values.every(isNumeric) && values.some((value) => typeof value !== 'number')
  return isMixed ? values.sort(compareNumeric) : undefined
}

/** mingo's operators, with accumulators that know Decimal128 and Long: its own pass them over. */
const context = Context.init({
  accumulator: {
    ...accumulator,
    $sum: (...args: Arguments) => sum(numbers(...args)),
    $avg: (...args: Arguments) => average(numbers(...args)),
    $min: (...args: Arguments) => mixedNumbers(...args)?.[0] ?? $min(...args),
    $max: (...args: Arguments) => mixedNumbers(...args)?.at(-1) ?? $max(...args),
  },
  expression,
  pipeline,
  projection,
  query,
  window,
})

/** Runs an aggregation pipeline; `documents` stay as they are. */
export function runPipeline(documents: Document[], stages: Document[], options: Document): Document[] {
  const aggregator = new Aggregator(stages, {
    ...options,
    processingMode: ProcessingMode.CLONE_INPUT,
    context,
  })
  return aggregator.run(documents) as Document[]
}
