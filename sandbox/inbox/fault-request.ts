import { type Fault, type FaultMode, type FaultName, faultModesOf } from '../faults.ts'

/** What is wrong with a request for a fault, and in which field. */
export interface FaultMistake {
  readonly field: string
  readonly message: string
}

/** Reads the body of `POST /faults/{name}`. */
export function parseFault(name: FaultName, body: unknown): Fault | FaultMistake {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { field: 'body', message: `expected a JSON object such as {"mode":"down"}` }
  }
  const { mode, status, retryAfterSeconds, ...others } = body as Record<string, unknown>
  const [unknownField] = Object.keys(others)
  if (unknownField !== undefined) return { field: unknownField, message: 'unknown field' }
  const modes = faultModesOf(name)
  if (!modes.includes(mode as FaultMode)) {
    return { field: 'mode', message: `expected one of ${modes.join(', ')}` }
  }
  if (mode !== 'error') {
    const surplus = status !== undefined ? 'status' : 'retryAfterSeconds'
    if (status !== undefined || retryAfterSeconds !== undefined) {
      return { field: surplus, message: 'only with mode error' }
    }
    return { mode: mode as FaultMode }
  }
  if (status !== undefined && !isIntegerWithin(status, 400, 599)) {
    return { field: 'status', message: 'expected an HTTP status from 400 to 599' }
  }
  if (retryAfterSeconds !== undefined && !isIntegerWithin(retryAfterSeconds, 0, 86_400)) {
    return { field: 'retryAfterSeconds', message: 'expected whole seconds from 0 to 86400' }
  }
  return {
    mode: 'error',
    ...(status !== undefined && { status }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

const isIntegerWithin = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max
