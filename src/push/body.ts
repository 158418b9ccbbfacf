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

/** Decompresses a body; gzip may have several members (RFC 1952, 2.2). */
export async function decompress({ bytes, contentEncoding }: PushedBody): Promise<Refusable<Uint8Array>> {
  const coding = contentEncoding.trim().toLowerCase()
  if (coding === '' || coding === 'identity') return ok(new Uint8Array(bytes))
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    return refused('unsupported_media_type', 'Content-Encoding: only gzip is understood')
  }
  // Loaded on first use: most isolates never see a compressed body. `DecompressionStream` reads only one member.
  const { gunzipSync } = await import('node:zlib')
  try {
    return ok(gunzipSync(bytes, { maxOutputLength: MAX_BODY_BYTES }))
  } catch (error) {
    return error instanceof RangeError
      ? refused('too_large', `the decompressed body is larger than ${MAX_BODY_BYTES} bytes`)
      : refused('invalid_push', 'Content-Encoding is gzip, but the body is not')
  }
}
