/** What a secret prints as, wherever it is printed. */
export const REDACTED = '[redacted]'

/**
 * A string that must not be shown: it prints, serialises and inspects as `[redacted]`.
 * Only `reveal()` gives the text, so every use of a secret can be found by that name.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself; for the one call that needs it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}
