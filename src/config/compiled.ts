import type { TextRuleName } from './text-rules.ts'

/**
 * A configuration that was checked, as plain data: with its defaults, and its `${NAME}`s still to be filled in. The
 * build puts it into the Worker, so that a starting isolate needs neither the schema nor Zod.
 */
export interface CompiledConfig {
  /** What the schema gives, with secrets as texts. */
  readonly config: unknown
  /** Notes on some of its texts, by path, such as `monitors[0].url`. */
  readonly texts: Readonly<Record<string, TextNote>>
}

/** How to treat a text once it is filled in. */
export interface TextNote {
  readonly isSecret?: true
  /** What it must be; for a text with a `${NAME}`. */
  readonly rule?: TextRuleName
  /** The text may be left out if it comes out empty, as `${NAME:-}` can; this is the value then. */
  readonly whenEmpty?: { readonly value?: unknown }
}
