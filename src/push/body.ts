import { ok } from '../lib/result.ts'
import { type Refusable, refused } from './model.ts'

/** The longest body, and the longest that a compressed one may become. Bytes. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** A body as it came, and what it is. */
export interface PushedBody {
  readonly bytes: ArrayBuffer
  /** Its `Content-Type` and `Content-Encoding`; empty where there is none. */
  readonly contentType: string
  readonly contentEncoding: string
}

/** A body as it was before it was compressed. */
export async function decompress({ bytes, contentEncoding }: PushedBody): Promise<Refusable<Uint8Array>> {
  const coding = contentEncoding.trim().toLowerCase()
  if (coding === '' || coding === 'identity') return ok(new Uint8Array(bytes))
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    return refused('unsupported_media_type', 'Content-Encoding: only gzip is understood')
  }
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const reader = new Response(bytes).body!.pipeThrough(new DecompressionStream('gzip')).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      length += value.length
      if (length <= MAX_BODY_BYTES) continue
      await reader.cancel()
      return refused('too_large', `the body is larger than ${MAX_BODY_BYTES} bytes once it is decompressed`)
    }
  } catch {
    return refused('invalid_push', 'the body is not gzip, as its Content-Encoding says')
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return ok(whole)
}
