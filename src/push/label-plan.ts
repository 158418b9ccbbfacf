import type { GroupLabels } from './model.ts'
import { SyntaxMistake, shown } from './sample-scanner.ts'

/**
 * How the labels of samples that write the same names become text: those of the group laid over them, an empty
 * `instance` where there is none (so that Prometheus adds none), sorted by name. Made once for a list of names.
 */
export class LabelPlan {
  /** Where `le` or `quantile` is among the values, which does not become part of the text; -1: nowhere. */
  readonly special: number
  /** What stands before each value, and after the last. */
  readonly #between: readonly string[]
  /** Which values, in the order of the text. */
  readonly #order: readonly number[]

  /**
   * @param names as the samples write them
   * @param specialName `le` or `quantile` for the samples that must have it
   * @throws SyntaxMistake for a name that is given twice or is reserved
   */
  constructor(names: readonly string[], group: GroupLabels, specialName: string | undefined) {
    const places = new Map<string, number>()
    names.forEach((name, index) => {
      if (places.has(name)) throw new SyntaxMistake(`the label ${shown(name)} is given twice`)
      if (name.startsWith('__')) throw new SyntaxMistake(`the label name ${shown(name)} is reserved`)
      places.set(name, index)
    })
    this.special = (specialName !== undefined ? places.get(specialName) : undefined) ?? -1
    const own = names.filter((name, index) => index !== this.special && !Object.hasOwn(group, name))
    const fixed =
      Object.hasOwn(group, 'instance') || places.has('instance') ? group : { ...group, instance: '' }
    const between: string[] = []
    const order: number[] = []
    let literal = ''
    const all = [...own, ...Object.keys(fixed)].sort()
    all.forEach((name, place) => {
      literal += `${place === 0 ? '' : ','}${name}="`
      if (Object.hasOwn(fixed, name)) literal += `${fixed[name]}"`
      else {
        between.push(literal)
        order.push(places.get(name)!)
        literal = '"'
      }
    })
    between.push(literal)
    this.#between = between
    this.#order = order
  }

  /** The text between the braces, without `le` and `quantile`. @param values escaped */
  text(values: readonly string[]): string {
    const order = this.#order
    let text = this.#between[0]!
    for (let place = 0; place < order.length; place++)
      text += values[order[place]!]! + this.#between[place + 1]!
    return text
  }
}
