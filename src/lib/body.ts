/** The beginning of a body. */
export interface BodyStart {
  /** Decoded as UTF-8. */
  readonly text: string
  /** Whether there was more, which was not read. */
  readonly isCut: boolean
}

/** Reads a body up to `maxBytes`. Rejects where the connection breaks. */
export async function readStart(response: Response, maxBytes: number): Promise<BodyStart> {
  if (!response.body) return { text: '', isCut: false }
  const decoder = new TextDecoder()
  let text = ''
  let bytesLeft = maxBytes
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true })
    bytesLeft -= chunk.byteLength
    if (bytesLeft < 0) return { text, isCut: true } // leaving the loop cancels the body
  }
  return { text: text + decoder.decode(), isCut: false }
}
