/** A mistake in a configuration. */
export interface Mistake {
  /** Such as `alerts.rules[2].threshold`. */
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** Thrown for a configuration that can't be used; names every mistake, and no value that came from a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map((each) => `  ${each.path}: found ${each.found}, expected ${each.expected}`)
    super(
      [
        `edgewatch.config.ts has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:`,
        ...lines,
      ].join('\n'),
    )
    this.mistakes = mistakes
  }
}

/** `alerts.rules[2].threshold`; empty for the whole. */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => stepInto(text, part), '')

/** The path of what is under `key` at `path`. */
export const stepInto = (path: string, key: PropertyKey): string =>
  typeof key === 'number' ? `${path}[${key}]` : `${path && `${path}.`}${String(key)}`
