import { parseJson } from '../http.ts'
import { type FindModule, mapStackFrames, sourceFrame } from '../stack-frames.ts'

/** An envelope: its header, and items with a header and a payload each. */
export interface SentryEnvelope {
  readonly header: { readonly event_id?: string } & Record<string, unknown>
  readonly items: readonly { readonly header: Record<string, unknown>; readonly payload: unknown }[]
}

/** Reads an envelope; undefined where it is none. https://develop.sentry.dev/sdk/data-model/envelopes/ */
export function parseEnvelope(text: string): SentryEnvelope | undefined {
  let rest = Buffer.from(text)
  const takeLine = (): string => {
    const end = rest.indexOf(0x0a)
    const line = rest.subarray(0, end < 0 ? rest.length : end)
    rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1)
    return line.toString()
  }
  const header = parseObject(takeLine())
  if (!header) return undefined
  const items: { header: Record<string, unknown>; payload: unknown }[] = []
  while (rest.length > 0) {
    const line = takeLine()
    if (line.trim() === '') continue
    const itemHeader = parseObject(line)
    if (!itemHeader) return undefined
    let payload: string
    if (typeof itemHeader.length === 'number') {
      payload = rest.subarray(0, itemHeader.length).toString()
      rest = rest.subarray(itemHeader.length)
    } else {
      payload = takeLine()
    }
    items.push({ header: itemHeader, payload: parseJson(payload) ?? payload })
  }
  return { header, items }
}

/** What Sentry got, with the frames of stack traces as they are in the sources, also those within texts. */
export function withSourceFrames(body: unknown, findModule: FindModule): unknown {
  if (typeof body === 'string') return mapStackFrames(body, findModule)
  if (typeof body !== 'object' || body === null) return body
  if (Array.isArray(body)) return body.map((each) => withSourceFrames(each, findModule))
  const { filename, lineno, colno, function: functionName } = body as Record<string, unknown>
  if (typeof filename === 'string' && typeof lineno === 'number' && typeof colno === 'number') {
    const generated = { file: filename, line: lineno, column: colno, functionName: String(functionName) }
    const frame = sourceFrame(generated, findModule)
    if (!frame) return body
    const { file, line, column } = frame
    return { ...body, filename: file, lineno: line, colno: column, function: frame.functionName }
  }
  return Object.fromEntries(
    Object.entries(body).map(([name, each]) => [name, withSourceFrames(each, findModule)]),
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
