import { escapeLabelValue } from '../metrics/exposition.ts'
import { LabelPlan } from './label-plan.ts'
import type { Family, GroupLabels, PushLimits } from './model.ts'
import { MAX_GROUP_TEXT_LENGTH, PUSH_FAILURE_TIME, PUSH_TIME, Refused } from './model.ts'
import type { SampleKind } from './open-family.ts'
import { OpenFamily } from './open-family.ts'

/** A metric of a push, and the line of its first sample. */
export interface CollectedFamily {
  readonly family: Family
  readonly line: number
}

/** Gathers what a parser reads into families, as samples of one group. */
export class FamilyCollector {
  readonly #group: GroupLabels
  readonly #maxSamples: number
  readonly #families = new Map<string, OpenFamily>()
  readonly #plans = new Map<string, LabelPlan>()
  #samples = 0
  #textLength = 0
  #lastNames: readonly string[] | undefined
  #lastKind: SampleKind | undefined
  #lastPlan: LabelPlan | undefined

  constructor(group: GroupLabels, { maxSeriesPerGroup }: Pick<PushLimits, 'maxSeriesPerGroup'>) {
    this.#group = Object.fromEntries(
      Object.entries(group).map(([name, value]) => [name, escapeLabelValue(value)]),
    )
    this.#maxSamples = maxSeriesPerGroup
  }

  get(name: string): OpenFamily | undefined {
    return this.#families.get(name)
  }

  /** The family of this name, begun where there is none. @throws Refused where there are too many */
  open(name: string): OpenFamily {
    let family = this.#families.get(name)
    if (!family) {
      // Those without samples are kept until all is read, and 4 MiB can name very many.
      if (this.#families.size >= this.#maxSamples) {
        throw new Refused(
          'too_many_series',
          `more than ${this.#maxSamples} metrics in one group (push.maxSeriesPerGroup)`,
        )
      }
      family = new OpenFamily(name)
      this.#families.set(name, family)
    }
    return family
  }

  /**
   * Takes a sample.
   * @param names labels as they were written; the same list for the same names is fastest
   * @param values escaped
   * @throws SyntaxMistake; Refused where there are too many
   */
  add(
    family: OpenFamily,
    kind: SampleKind,
    names: readonly string[],
    values: readonly string[],
    value: string,
    line: number,
  ): void {
    const empty = values.includes('')
    const keptNames = empty ? names.filter((_, index) => values[index] !== '') : names
    const keptValues = empty ? values.filter((each) => each !== '') : values
    const plan = this.#plan(keptNames, kind)
    const special = plan.special === -1 ? undefined : keptValues[plan.special]
    this.#samples++
    this.#textLength += family.add(kind, plan.text(keptValues), value, special, line)
    if (this.#samples > this.#maxSamples) {
      throw new Refused(
        'too_many_series',
        `more than ${this.#maxSamples} samples in one group (push.maxSeriesPerGroup)`,
      )
    }
    if (this.#textLength > MAX_GROUP_TEXT_LENGTH) {
      throw new Refused('too_large', 'too much text, with the labels of the group written out in each sample')
    }
  }

  /**
   * The families that have samples. The push times are the store's own, so what was pushed by their names is left out.
   * @throws LateMistake
   */
  close(): CollectedFamily[] {
    return [...this.#families.values()]
      .filter(({ name, samples }) => samples > 0 && name !== PUSH_TIME && name !== PUSH_FAILURE_TIME)
      .map((open) => ({ family: open.close(), line: open.line }))
  }

  #plan(names: readonly string[], kind: SampleKind): LabelPlan {
    if (this.#lastPlan && names === this.#lastNames && kind === this.#lastKind) return this.#lastPlan
    const special = kind === 'bucket' ? 'le' : kind === 'quantile' ? 'quantile' : undefined
    const key = `${special ?? ''} ${names.join(' ')}`
    let plan = this.#plans.get(key)
    if (!plan) {
      plan = new LabelPlan(names, this.#group, special)
      this.#plans.set(key, plan)
    }
    this.#lastNames = names
    this.#lastKind = kind
    this.#lastPlan = plan
    return plan
  }
}
