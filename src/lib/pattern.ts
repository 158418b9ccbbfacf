import { RE2JS } from 're2js'

/** Of longer texts the beginning is searched: linear time is long, too, where a text is a megabyte. */
const MAX_SEARCHED_LENGTH = 65_536

/**
 * A regular expression that is searched for in a time that grows as the text does, whatever the two are like: what is
 * watched may be hostile. RE2's syntax, so without look-around and back references.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export class Pattern {
  readonly #compiled: RE2JS

  /** @throws for what is none */
  constructor(source: string) {
    this.#compiled = RE2JS.compile(source)
  }

  isIn(text: string): boolean {
    return this.#compiled.matcher(text.slice(0, MAX_SEARCHED_LENGTH)).find()
  }
}
