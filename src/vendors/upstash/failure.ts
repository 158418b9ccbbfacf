import type { Failure } from '../../lib/result.ts'

/** An answer that isn't what Redis would give; what it held may have been anything. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
}

/** The first words of Redis's errors that may be told; whatever else an answer says may be a secret. */
const CODES = /^(BUSY|CLUSTERDOWN|ERR|LOADING|MASTERDOWN|OOM|READONLY|WRONGTYPE)\b/

/**
 * What the client threw, in our own words: its messages hold URLs, commands with their values, and whatever the
 * server sent. Of a Redis error only its code is told, such as `OOM`.
 */
export function describeFailure(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error()
  switch (name) {
    case 'TimeoutError':
    case 'AbortError':
      return { message: 'timed out', retryable: true }
    case 'UrlError':
      return { message: 'invalid connection settings', retryable: false }
    case 'UpstashJSONParseError':
    case 'UnexpectedAnswer':
    case 'TypeError': // what the client stumbles over when an answer has another shape
      return { message: 'unexpected answer', retryable: true }
    case 'UpstashError':
      return describeAnswer(message)
    default:
      return { message: 'no connection', retryable: true }
  }
}

function describeAnswer(message: string): Failure {
  if (/^(WRONGPASS|NOAUTH|NOPERM|Unauthorized)\b/.test(message)) {
    return { message: 'authentication failed', retryable: false }
  }
  const code = message.match(CODES)?.[0]
  // These two are about the command, the others about the server's state.
  const retryable = code !== 'ERR' && code !== 'WRONGTYPE'
  return { message: code ? `server error (${code})` : 'server error', retryable }
}
