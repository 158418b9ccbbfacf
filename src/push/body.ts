import { Refused } from './model.ts'

/** The longest body, and the longest that a compressed one may become. Bytes. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/**
 * A body as it was before it was compressed.
 * @param encoding its `Content-Encoding`
 * @throws Refused
 */
export async function decompress(body: Uint8Array, encoding: string): Promise<Uint8Array> {
  const coding = encoding.trim().toLowerCase()
  if (coding === '' || coding === 'identity') return body
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new Refused('unsupported_media_type', 'Content-Encoding: only gzip is understood')
  }
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const reader = new Response(body).body!.pipeThrough(new DecompressionStream('gzip')).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      length += value.length
      if (length > MAX_BODY_BYTES) {
        await reader.cancel()
        throw new Refused(
          'too_large',
          `the body is larger than ${MAX_BODY_BYTES} bytes once it is decompressed`,
        )
      }
    }
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused('invalid_push', 'the body is not gzip, as its Content-Encoding says')
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
