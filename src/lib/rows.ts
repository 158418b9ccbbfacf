/**
 * The most bytes in one row of SQLite. Cloudflare refuses rows beyond 2 MB
 * (https://developers.cloudflare.com/durable-objects/platform/limits/). Local workerd doesn't, so tests measure rows.
 */
export const MAX_ROW_BYTES = 900_000

/** How many bytes a text takes in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** Cuts bytes into pieces that each fit into a row: at least one, which may be empty. */
export function cutBytes(bytes: Uint8Array, maxBytes = MAX_ROW_BYTES): Uint8Array[] {
  const pieces = [bytes.slice(0, maxBytes)]
  for (let at = maxBytes; at < bytes.length; at += maxBytes) pieces.push(bytes.slice(at, at + maxBytes))
  return pieces
}

/** Cuts a well-formed text into at least one piece. Each fits into a row; joined, they are the text. */
export function cutText(text: string, maxBytes = MAX_ROW_BYTES): string[] {
  if (3 * text.length <= maxBytes) return [text] // a UTF-16 unit takes 3 bytes at most
  const bytes = new TextEncoder().encode(text)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const pieces: string[] = []
  let start = 0
  while (bytes.length - start > maxBytes) {
    let end = start + maxBytes
    while (isContinuation(bytes[end]!)) end -= 1 // not within a character
    pieces.push(decoder.decode(bytes.subarray(start, end)))
    start = end
  }
  return [...pieces, decoder.decode(bytes.subarray(start))]
}

const isContinuation = (byte: number) => (byte & 0xc0) === 0x80
