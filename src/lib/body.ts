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
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytesLeft = maxBytes
  // `for await` takes a third more CPU time: an iteration crosses into native code more often than a reading.
  for (;;) {
    const { done, value: chunk } = await reader.read()
    if (done) return { text: text + decoder.decode(), isCut: false }
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true })
    bytesLeft -= chunk.byteLength
    if (bytesLeft < 0) {
      await reader.cancel()
      return { text, isCut: true }
    }
  }
}
