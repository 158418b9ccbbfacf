import type { Secret } from './secret.ts'

/** The token of an `Authorization: Bearer` header (RFC 6750); undefined where there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** The password of an `Authorization: Basic` header (RFC 7617); undefined where there is none. */
export function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  try {
    return /^[^:]*:([\s\S]+)$/.exec(atob(encoded))?.[1]
  } catch {
    return undefined
  }
}

/** The token that was sent, if it is one of these. All are compared, so that the time taken tells nothing of them. */
export async function matchingToken(sent: string, tokens: readonly Secret[]): Promise<Secret | undefined> {
  const matches = await Promise.all(tokens.map((token) => equalInConstantTime(sent, token.reveal())))
  return tokens[matches.indexOf(true)]
}

/**
 * Whether two texts are equal, in a time that tells nothing about where they differ. Both are hashed first, so
 * that lengths don't show either.
 */
export async function equalInConstantTime(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder()
  const [hashA, hashB] = await Promise.all([
    crypto.subtle.digest('SHA-256', encoder.encode(a)),
    crypto.subtle.digest('SHA-256', encoder.encode(b)),
  ])
  return crypto.subtle.timingSafeEqual(hashA, hashB)
}
