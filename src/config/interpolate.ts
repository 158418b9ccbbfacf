/** A `${NAME}` without a value, and where it stands. */
interface MissingName {
  readonly path: readonly PropertyKey[]
  readonly name: string
}

/** A part of the configuration that is switched off, because these names have no value. */
export interface DisabledPart {
  /** Such as `redis`, or `alerts.receivers.pagerduty`. */
  readonly part: string
  readonly missing: readonly string[]
}

/** What filling in gave. In `value` the disabled parts are left out; a disabled item of a list is undefined there. */
export interface Interpolated {
  readonly value: unknown
  readonly missing: readonly MissingName[]
  readonly disabled: readonly DisabledPart[]
}

const NAMES = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

type Variables = Readonly<Record<string, unknown>>

/**
 * Fills `${NAME}` and `${NAME:-default}` in every string of `value` from `variables`. A name that is unset or empty
 * and has no default is missing; an object that says `whenUnset: 'disable'` and has missing names is left out. So is a
 * string that comes out empty, as `${NAME:-}` does without a value.
 */
export function interpolate(value: unknown, variables: Variables): Interpolated {
  const missing: MissingName[] = []
  const disabled: DisabledPart[] = []

  const visit = (node: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof node === 'string') {
      const filled = fill(node, variables, (name) => missing.push({ path, name }))
      return filled === '' && node !== '' ? undefined : filled
    }
    // What is left out of a list keeps its place, so that mistakes further on are told where they stand.
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]))
    if (typeof node !== 'object' || node === null) return node
    const before = missing.length
    const entries = Object.entries(node).map(([key, child]) => [key, visit(child, [...path, key])] as const)
    if ('whenUnset' in node && node.whenUnset === 'disable' && missing.length > before) {
      const names = missing.splice(before).map((each) => each.name)
      disabled.push({ part: partName(path, node), missing: [...new Set(names)] })
      return undefined
    }
    return Object.fromEntries(entries.filter(([, child]) => child !== undefined))
  }

  return { value: visit(value, []), missing, disabled }
}

/** Strings with a `${` that starts no `${NAME}`: nothing would ever be filled in. */
export function malformedNames(value: unknown): { path: readonly PropertyKey[]; text: string }[] {
  const visit = (node: unknown, path: readonly PropertyKey[]): ReturnType<typeof malformedNames> => {
    if (typeof node === 'string') return node.replace(NAMES, '').includes('${') ? [{ path, text: node }] : []
    if (Array.isArray(node)) return node.flatMap((item, index) => visit(item, [...path, index]))
    if (typeof node !== 'object' || node === null) return []
    return Object.entries(node).flatMap(([key, child]) => visit(child, [...path, key]))
  }
  return visit(value, [])
}

function fill(text: string, variables: Variables, onMissing: (name: string) => void): string {
  return text.replace(NAMES, (whole, name: string, fallback?: string) => {
    const value = variables[name]
    if (typeof value === 'string' && value !== '') return value
    if (fallback !== undefined) return fallback
    onMissing(name)
    return whole
  })
}

/** Items of a list go by their name: their number says little to a person. */
function partName(path: readonly PropertyKey[], node: object): string {
  const name = 'name' in node && typeof node.name === 'string' ? node.name : undefined
  return (name === undefined ? path : [...path.slice(0, -1), name]).map(String).join('.')
}
